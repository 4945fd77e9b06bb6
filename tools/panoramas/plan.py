"""The plan of the library: each panorama's name, the words of captions, the seed, and what its set is told."""

from __future__ import annotations

FAIR = {"clouds": "none"}
LOW, HIGH = {"sun_elevation": 14.0}, {"sun_elevation": 46.0}
GREY = {"clouds": "stratus", "cover": 0.9, "overcast": 0.9, "sun_elevation": 35.0}
DUSK = {"sun_elevation": -6.0, "clouds": "cirrus", "moon_elevation": -20.0}
NIGHT = {"sun_elevation": -11.0, "clouds": "none", "moon_elevation": -20.0}


def _day(elevation: float, azimuth: float, clouds: str = "none", **more) -> dict:
    return {"sun_elevation": elevation, "sun_azimuth": azimuth, "clouds": clouds, **more}


def _row(name: str, says: str, seed: int, **row) -> dict:
    return {"name": name, "says": says, "seed": seed, "indoors": False, **row}


def _room(name: str, says: str, seed: int, kind: str, **row) -> dict:
    return _row(name, says, seed, **({"set": kind, "level": -0.5} | row)) | {"indoors": True}


def _place(name: str, says: str, seed: int, kind: str, **fixed) -> dict:
    calm = {"weather.precipitation": "none", "weather.fog": 0.0, "weather.lightning": False, "weather.aurora": False}
    return _row(name, says, seed, set="place", place={"kind": kind} | calm | fixed)


LIVING, STREET, PARK = "in a living room", "on a street", "in a park"
SUNNY = {"weather.clouds": "none", "weather.overcast": 0.0}
# In an order that mixes the kinds, so that a library that is stopped half way is one of all of them; places take longest and come last.
PLAN = (
    _room("living_room_day", LIVING, 11, "living_room", curtains="plain", lamps=0.5, weather=_day(30, 60)),
    _row("street_shops", "on a street with shops", 5, set="street", shops=0.9, weather=_day(38, 40, "cirrus")),
    _row("park_morning", PARK, 21, set="park", weather=_day(22, 70)),
    _room("office_day", "in an office", 31, "office", cool=True, lamps=0.8, blinds=True, level=-7.0, weather=GREY),
    _row("street_evening", "on a street in the evening", 41, set="street", night=0.55, lamps=1.0, shops=0.9, weather=DUSK),
    _room("cafe_day", "in a café", 61, "cafe", accent=True, lamps=0.5, weather=_day(40, -120)),
    _row("square_noon", "on a town square", 71, set="square", weather=_day(52, 30, "cirrus")),
    _row("garden_afternoon", "in a garden", 81, set="garden", weather=_day(34, -110)),
    _room("kitchen_day", "in a kitchen", 91, "kitchen", lamps=0.4, weather=_day(25, 20)),
    _row("alley", "in an old alley", 101, set="street", width=3.4, pavement=0.8, cobbles=True, cars=0.0, trees=0.0, shops=0.3, tables=True,
         shutters=(0.07, 0.16, 0.12), weather=_day(55, 60)),
    _room("library_day", "in a library", 121, "library", lamps=0.8, weather=GREY),
    _row("street_night", "on a street at night", 131, set="street", night=0.45, shops=0.9, weather=NIGHT),
    _row("park_autumn", "in a park in autumn", 141, set="park", season="autumn", species=("maple", "beech", "oak"), weather=_day(18, -60)),
    _room("corridor_day", "in a corridor", 151, "corridor", cool=True, side=True, weather=GREY),
    _room("living_room_evening", LIVING, 161, "living_room", curtains="plain", accent=True, lamps=0.6, night=0.4, weather=DUSK),
    _row("avenue", STREET, 171, set="street", width=13.0, pavement=4.5, trees=1.0, species=("maple",), shops=0.4, weather=_day(33, -50)),
    _room("bedroom_day", "in a bedroom", 191, "bedroom", curtains="net", lamps=0.3, weather=_day(35, -30)),
    _row("square_grey", "on a town square", 201, set="square", shops=0.5, half=30.0, weather=GREY),
    _row("park_grey", PARK, 211, set="park", houses=True, weather=GREY),
    _room("hall_day", "in a sports hall", 221, "hall", cool=True, lamps=0.7, weather=_day(30, 10)),
    _row("suburb", "on a street of small houses", 231, set="street", width=6.0, storeys=(2, 3), shops=0.0, trees=0.8, weather=_day(40, 100, "cumulus")),
    _room("shop_day", "in a shop", 251, "shop", cool=True, lamps=0.9, weather=GREY),
    _row("street_grey", STREET, 261, set="street", cars=0.8, weather=GREY),
    _row("park_evening", "in a park in the evening", 271, set="park", night=1.0, lamps=0.4, trees=24, weather={"sun_elevation": 3.0, "sun_azimuth": 45.0, "clouds": "cirrus"}),
    _room("office_evening", "in an office in the evening", 281, "office", cool=True, lamps=0.7, night=0.5, level=-9.0, weather=DUSK),
    _row("square_evening", "on a town square in the evening", 291, set="square", night=0.5, lamps=1.0, shops=0.9, weather=DUSK),
    _room("cafe_evening", "in a café in the evening", 311, "cafe", lamps=0.5, night=0.5, weather=DUSK),
    _row("alley_evening", "in an old alley in the evening", 321, set="street", width=3.6, pavement=0.8, cobbles=True, cars=0.0, trees=0.0, shops=0.6,
         tables=True, night=0.5, lamps=1.0, weather=DUSK),
    _row("park_noon", PARK, 331, set="park", trees=22, path=-1.5, weather=_day(56, -20)),
    _room("kitchen_grey", "in a kitchen", 341, "kitchen", lamps=0.5, level=-6.0, weather=GREY),
    _row("street_low_sun", "on a street in low sunlight", 351, set="street", stand=0.0, cars=0.7, weather=_day(12, 88)),
    _row("garden_spring", "in a garden in spring", 361, set="garden", season="spring", weather=_day(45, 60, "cumulus")),
    _room("bedroom_evening", "in a bedroom in the evening", 371, "bedroom", curtains="plain", accent=True, lamps=0.6, night=0.3, weather=DUSK),
    _room("library_evening", "in a library in the evening", 391, "library", lamps=0.6, night=0.3, weather=DUSK),
    _room("corridor_night", "in a corridor", 401, "corridor", cool=True, lamps=0.9, weather=DUSK),
    _place("forest", "in a forest", 51, "forest", **SUNNY, **{"weather.sun_elevation": 42.0}),
    _place("meadow", "on a meadow", 111, "plain", **SUNNY, **{"weather.sun_elevation": 28.0}),
    _place("coast", "by the sea", 181, "coast", **SUNNY, **{"weather.sun_elevation": 35.0}),
    _place("mountains", "in the mountains", 241, "mountain", **SUNNY, **{"weather.sun_elevation": 40.0}),
    _place("valley", "in a river valley", 301, "river", **SUNNY, **{"weather.sun_elevation": 33.0}),
    _place("desert", "in a desert", 381, "desert", **SUNNY, **{"weather.sun_elevation": 30.0}),
    _place("clearing", "in a clearing", 411, "forest", **{"life.trees": 0.45, "life.season": "autumn", "weather.sun_elevation": 24.0, "weather.clouds": "none"}),
)  # fmt: skip
