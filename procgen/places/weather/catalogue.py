"""The generators of weather."""

from ...generator import Generator

WEATHER: tuple[Generator, ...] = (
    Generator("weather", "weather", ".places.weather.weather", "Weather", "sample_weather", "build_weather", "sky, sun, clouds, air and what falls", alone=False),
    Generator("cloud", "weather", ".places.weather.clouds", "Cloud", "sample_cloud", "build_cloud", "a cloud as a volume, of five kinds", alone=False),
    Generator("lightning", "weather", ".places.weather.lightning", "Lightning", "sample_lightning", "build_lightning", "a forked stroke of lightning", alone=False),
    Generator("snowflake", "weather", ".places.weather.snowflake", "Snowflake", "sample_snowflake", "build_snowflake", "a crystal of snow with six arms"),
)  # fmt: skip
