"""A second device that is none: it tells tensors of the two apart, and ends a test where they meet, as CUDA's and the CPU's would."""

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten

NAME = torch.device("meta")  # the name that it goes by; its tensors are the CPU's
DEVICE_OF = torch.Tensor.device.__get__


class Generator(torch.Generator):
    """A generator that lives on the second device."""

    device = NAME


class SecondDevice(TorchFunctionMode):
    """While it is entered tensors are made on the second device, as in a training there, unless they say otherwise.

    Without ``default`` they are made on the CPU, as by who brings a trained model there and asks it.
    """

    def __init__(self, *modules, default=True):
        super().__init__()
        self.default = default
        for module in modules:
            _bring(module, NAME)

    def __enter__(self):
        self.to, torch.nn.Module.to = torch.nn.Module.to, _bring
        return super().__enter__()

    def __exit__(self, *error):
        torch.nn.Module.to = self.to
        return super().__exit__(*error)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        tensors = [value for value in tree_flatten((args, kwargs))[0] if isinstance(value, torch.Tensor)]
        there = [getattr(tensor, "second", False) for tensor in tensors]
        if func == DEVICE_OF:
            return NAME if there[0] else func(*args, **kwargs)
        if func == torch.Tensor.to:
            return self._moved(args, kwargs, there)
        if func.__name__ == "__get__":  # shapes, gradients
            return _marked(func(*args, **kwargs), there[0])
        device = kwargs.get("device")
        second = any(there) or device == NAME or (self.default and not tensors and device is None)
        kwargs |= {"device": "cpu"} if device == NAME else {}
        apart = [tensor for tensor, here in zip(tensors, there, strict=True) if not here and tensor.dim()]
        assert not (any(there) and apart), f"{func.__name__}: tensors of two devices meet"
        return _marked(func(*args, **kwargs), second)

    def _moved(self, args, kwargs, there):
        values = [*args[1:], *kwargs.values()]
        onto = [value for value in values if isinstance(value, torch.device)]
        onto += [NAME for value in values if isinstance(value, torch.Tensor) and getattr(value, "second", False)]
        onto += [
            torch.device("cpu")
            for value in values
            if isinstance(value, torch.Tensor) and not getattr(value, "second", False)
        ]
        second = onto[0] == NAME if onto else there[0]
        kinds = [value for value in values if isinstance(value, torch.dtype)] + [
            v.dtype for v in values if isinstance(v, torch.Tensor)
        ]
        source = args[0] if second == there[0] else args[0].detach().clone()
        return _marked(source.to(*kinds[:1]) if kinds else source, second)


def _bring(module, device):
    """Bring a module to a device in place."""
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.second = device == NAME
    return module


def _marked(made, second):
    """What a function made, on the second device or not."""
    for value in tree_flatten(made)[0]:
        if isinstance(value, torch.Tensor):
            value.second = second
    return made
