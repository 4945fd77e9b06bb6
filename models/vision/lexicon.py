"""The words for each attribute: how captions say it, and what else a prompt may call it."""

from __future__ import annotations

# Each phrase is an adjective before the noun, something that follows "with", or a clause that follows a comma.
ADJECTIVES: dict[str, dict[str, tuple[str, ...]]] = {
    "age": {
        "young": ("young", "youthful"),
        "adult": ("adult", "grown up"),
        "middle-aged": ("middle aged", "mature"),
        "old": ("old", "elderly", "aged", "senior"),
    },
    "hair_colour": {
        "black": ("black haired",),
        "brown": ("brown haired", "brunette"),
        "blond": ("blond", "blond haired", "fair haired"),
        "red": ("red haired", "ginger"),
        "grey": ("grey haired", "white haired"),
    },
    "hair_length": {"bald": ("bald", "hairless"), "short": ("short haired",), "long": ("long haired",)},
    "beard": {
        "none": ("clean shaven", "beardless"),
        "stubble": ("unshaven", "stubbly"),
        "moustache": ("moustached",),
        "beard": ("bearded",),
    },
    "glasses": {"glasses": ("bespectacled",)},
    "headwear": {"none": ("bareheaded", "hatless")},
    "expression": {"neutral": ("serious", "unsmiling"), "smile": ("smiling", "cheerful", "grinning")},
}
WITH: dict[str, dict[str, tuple[str, ...]]] = {
    "hair_length": {"bald": ("a bald head", "a shaved head", "no hair")},
    "beard": {
        "none": ("no beard", "no facial hair", "a clean shaven face"),
        "stubble": ("stubble", "a stubbly chin", "a five o'clock shadow"),
        "moustache": ("a moustache",),
        "beard": ("a beard", "a full beard", "facial hair"),
    },
    "glasses": {
        "none": ("no glasses",),
        "glasses": ("glasses", "spectacles", "eyeglasses"),
        "sunglasses": ("sunglasses", "dark glasses"),
    },
    "headwear": {"none": ("no hat", "a bare head"), "hat": ("a hat", "a cap", "headwear")},
    "expression": {
        "neutral": ("a neutral expression", "a straight face", "no smile"),
        "smile": ("a smile", "a grin", "a happy face"),
    },
}
CLAUSES: dict[str, dict[str, tuple[str, ...]]] = {
    "beard": {"none": ("without a beard",)},
    "glasses": {
        "none": ("without glasses", "not wearing glasses"),
        "glasses": ("wearing glasses", "in spectacles"),
        "sunglasses": ("wearing sunglasses", "in dark glasses", "wearing shades"),
    },
    "headwear": {"none": ("without a hat",), "hat": ("wearing a hat", "wearing a cap", "in a hat", "in a cap")},
    "expression": {"neutral": ("not smiling", "looking serious"), "smile": ("smiling", "who is smiling", "looking happy")},
}  # fmt: skip
NOUNS = {
    "man": ("man", "gentleman", "guy", "male"),
    "woman": ("woman", "lady", "female"),
    None: ("person",),
}
# What stands before hair and beards.
COLOURS = {
    "black": ("black", "jet black", "raven"),
    "brown": ("brown", "dark brown", "light brown", "chestnut"),
    "blond": ("blond", "fair", "golden", "light blond", "dark blond"),
    "red": ("red", "ginger", "auburn", "copper"),
    "grey": ("grey", "white", "silver"),
    "other": ("dyed", "colourful"),
}
LENGTHS = {
    "short": ("short", "cropped"),
    "medium": ("medium length", "shoulder length", "chin length"),
    "long": ("long", "flowing"),
}
OPENINGS = ("", "", "a portrait of", "a photo of", "a picture of", "the face of", "an image of")

# Understood in prompts, never written in captions.
HEARD: dict[str, dict[str, str]] = {
    "young": {"age": "young"}, "young adult": {"age": "young"}, "teenager": {"age": "young"},
    "teenage": {"age": "young"}, "boy": {"age": "young", "gender": "man"}, "lad": {"age": "young", "gender": "man"},
    "girl": {"age": "young", "gender": "woman"}, "child": {"age": "young"}, "student": {"age": "young"},
    "grown": {"age": "adult"}, "in the prime of life": {"age": "adult"}, "midlife": {"age": "middle-aged"},
    "ageing": {"age": "old"}, "pensioner": {"age": "old"}, "ancient": {"age": "old"}, "older": {"age": "old"},
    "younger": {"age": "young"}, "grandfather": {"age": "old", "gender": "man"},
    "grandpa": {"age": "old", "gender": "man"}, "granddad": {"age": "old", "gender": "man"},
    "grandmother": {"age": "old", "gender": "woman"}, "grandma": {"age": "old", "gender": "woman"},
    "granny": {"age": "old", "gender": "woman"}, "men": {"gender": "man"}, "women": {"gender": "woman"},
    "gent": {"gender": "man"}, "bloke": {"gender": "man"}, "chap": {"gender": "man"}, "dude": {"gender": "man"},
    "fellow": {"gender": "man"}, "masculine": {"gender": "man"}, "feminine": {"gender": "woman"},
    "mother": {"gender": "woman"}, "father": {"gender": "man"}, "gal": {"gender": "woman"},
    "businessman": {"gender": "man"}, "businesswoman": {"gender": "woman"},
    "redhead": {"hair_colour": "red"}, "redheaded": {"hair_colour": "red"}, "red headed": {"hair_colour": "red"},
    "grizzled": {"hair_colour": "grey"}, "greying": {"hair_colour": "grey"}, "silver fox": {"hair_colour": "grey"},
    "balding": {"hair_length": "bald"}, "bald headed": {"hair_length": "bald"},
    "shaven head": {"hair_length": "bald"}, "shaven headed": {"hair_length": "bald"},
    "shaved headed": {"hair_length": "bald"}, "bald pate": {"hair_length": "bald"},
    "crew cut": {"hair_length": "short"}, "buzz cut": {"hair_length": "short"}, "undercut": {"hair_length": "short"},
    "fade": {"hair_length": "short"}, "quiff": {"hair_length": "short"}, "afro": {"hair_length": "medium"},
    "pixie cut": {"hair_length": "medium"}, "bob": {"hair_length": "medium"}, "lob": {"hair_length": "medium"},
    "bun": {"hair_length": "medium"}, "ponytail": {"hair_length": "long"}, "braid": {"hair_length": "long"},
    "braids": {"hair_length": "long"}, "pigtails": {"hair_length": "long"}, "plaits": {"hair_length": "long"},
    "shaven": {"beard": "none"}, "clean cut": {"beard": "none"}, "smooth cheeked": {"beard": "none"},
    "moustaches": {"beard": "moustache"}, "goatee": {"beard": "beard"}, "whiskers": {"beard": "beard"},
    "specs": {"glasses": "glasses"}, "reading glasses": {"glasses": "glasses"}, "eyewear": {"glasses": "glasses"},
    "shades": {"glasses": "sunglasses"}, "tinted glasses": {"glasses": "sunglasses"},
    "sun glasses": {"glasses": "sunglasses"}, "aviators": {"glasses": "sunglasses"},
    "aviator sunglasses": {"glasses": "sunglasses"}, "beanie": {"headwear": "hat"}, "fedora": {"headwear": "hat"},
    "bucket hat": {"headwear": "hat"}, "baseball cap": {"headwear": "hat"}, "hatted": {"headwear": "hat"},
    "caps": {"headwear": "hat"}, "hats": {"headwear": "hat"}, "bare headed": {"headwear": "none"},
    "smile": {"expression": "smile"}, "smiles": {"expression": "smile"}, "smiley": {"expression": "smile"},
    "laughing": {"expression": "smile"}, "laughs": {"expression": "smile"}, "happy": {"expression": "smile"},
    "joyful": {"expression": "smile"}, "beaming": {"expression": "smile"}, "merry": {"expression": "smile"},
    "grins": {"expression": "smile"}, "smirk": {"expression": "smile"}, "smirking": {"expression": "smile"},
    "neutral": {"expression": "neutral"}, "expressionless": {"expression": "neutral"},
    "straight faced": {"expression": "neutral"}, "deadpan": {"expression": "neutral"},
    "stern": {"expression": "neutral"}, "neutral face": {"expression": "neutral"},
    "neutral look": {"expression": "neutral"},
}  # fmt: skip
TITLES = {"woman": "queen princess duchess witch actress waitress nun bride wife sister daughter aunt ballerina",
          "man": "king prince duke wizard waiter monk husband brother son uncle sir bridegroom"}  # fmt: skip
HEARD |= {title: {"gender": gender} for gender, titles in TITLES.items() for title in titles.split()}
HEARD_COLOURS = {
    "black": ("dark", "ebony"),
    "brown": ("brunette", "hazel", "mousy"),
    "blond": ("flaxen", "light", "platinum", "sandy", "strawberry blond"),
    "red": ("reddish", "copper coloured"),
    "grey": ("silvery", "greying", "salt and pepper", "snow white"),
    "other": ("pink", "blue", "green", "purple", "violet", "turquoise", "orange", "rainbow", "brightly coloured"),
}
HEARD_LENGTHS = {
    "short": ("close cropped", "very short", "shorter"),
    "medium": ("medium", "mid length", "neck length"),
    "long": ("waist length", "very long", "longer"),
}
HAIR = ("hair", "haired", "locks", "curls", "tresses", "mane")
BEARDS = {"beard": "beard", "bearded": "beard", "goatee": "beard", "whiskers": "beard", "full beard": "beard",
          "facial hair": "beard", "stubble": "stubble", "moustache": "moustache", "moustached": "moustache"}  # fmt: skip
DECADES = {"teens": 15, "twenties": 25, "thirties": 35, "forties": 45, "fifties": 55, "sixties": 65, "seventies": 75,
           "eighties": 85, "nineties": 95}  # fmt: skip
PRONOUNS = {"he": "man", "his": "man", "him": "man", "she": "woman", "her": "woman", "hers": "woman"}
FILLER = frozenset(
    """a an the of with and or nor but who whose that which is are was has have having had wears wear wearing in on at
    by to for from as it its this he she his her him hers they their them be being been very quite rather somewhat
    really some any both also too plus portrait photo picture image face head person people someone somebody human
    individual character avatar view front frontal looks looking look like please make show me generate create draw
    render model i want would give get , s early mid late aged age years year yr old pair set body does did do kind not
    no without never isn't doesn't hasn't neither lacking lacks minus non appears seems visible only just all over
    expression chin""".split()
)
NEGATIONS = frozenset("without no not never isn't doesn't hasn't neither lacking lacks minus non nor".split())
# Tones of skin, by what prompts call them. No caption says them yet: avatars that were drawn are ranked by them.
SKINS = {
    "light": ("light skin", "light skinned", "fair skin", "fair skinned", "pale skin", "pale skinned", "pale", "white skin"),
    "medium": ("medium skin", "olive skin", "olive skinned", "tanned skin", "tan skin", "tanned", "light brown skin"),
    "dark": ("dark skin", "dark skinned", "brown skin", "brown skinned", "black skin", "dark brown skin", "very dark skin"),
}  # fmt: skip
TONES = ("black", "brown", "white", "dark", "light", "fair")  # colours that are said of skin too
# Words of what cannot be asked, and what can.
BEYOND = {
    "sad angry surprised crying frowning scared afraid disgusted bored tired furious worried shocked": "of expressions 'neutral' and 'smiling' are known",
    "eyes eye eyed iris irises": "nothing can be asked of eyes",
    "crown tiara helmet hood scarf turban headscarf hijab veil bandana": "of headwear hats and caps are known",
    "elf orc fairy vampire zombie robot alien goblin dwarf demon angel monster mermaid cat dog": "people alone are made",
    "african asian european indian chinese japanese korean american latino latina hispanic caucasian arab":
        "what can be asked is light, medium or dark skin",
    "skin complexion tone": "known are light, medium and dark skin",
}  # fmt: skip
FOREIGN = frozenset(
    """ein eine einen einem einer mit ohne und mann frau junge alter alte alt haare haaren bart brille une un avec sans et
    femme homme fille garçon vieux vieille jeune cheveux barbe lunettes chapeau con sin una el la hombre mujer viejo vieja
    joven pelo barba gafas uomo donna vecchio giovane capelli occhiali um uma com sem mulher homem velho cabelo óculos een
    vrouw jonge oude haar zonder""".split()
)
