"""What photographs do to pictures: JPEG is what a library makes of it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")


from simulacra.models.vision.faces import appearance  # noqa: E402


@pytest.mark.parametrize("quality", [15, 50, 90])
def test_jpeg_is_what_a_library_makes_of_it(quality):
    import io

    image = pytest.importorskip("PIL.Image")
    basis = appearance.cosines()
    assert torch.allclose(basis @ basis.T, torch.eye(8), atol=1e-6)
    y, x = np.mgrid[:40, :56]
    values = (
        np.stack([120 + 90 * np.sin(x / 5), 128 + 80 * np.cos((x + y) / 7), 40 + 3 * y], -1)
        .clip(0, 255)
        .astype(np.uint8)
    )
    # Of a grey picture only the rounding of luma is left; colours are enlarged otherwise than libjpeg does.
    for pixels, most in ((np.repeat(values[..., :1], 3, -1), 0.7), (values, 1.6)):
        buffer = io.BytesIO()
        image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
        wanted = np.asarray(image.open(buffer)).astype(float)
        picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        found = appearance.compressed(picture, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy() * 255
        assert np.abs(found - wanted).mean() < most
