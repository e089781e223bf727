"""Values made from an OpenAPI schema: valid ones, and ones that break it in one place. Pure but for chance."""

import re._parser as patterns
import string

WORDS = ("agent", "a", "windows-exporter", "C:\\agent", "x=1", "10", "true", "NT AUTHORITY\\SYSTEM", "é", "$(NODE)")
MOST_REPEATS = 6  # of a part of a pattern that may be repeated
MOST_ITEMS = 3
WRONG_TYPES = ("7", 7, True, ["x"], {"x": "y"}, 1.5)
PRINTABLE = [chr(code) for code in range(33, 127)]


def value(schema, chance, depth=0):
    """Return a value that the schema allows; rules between fields may be broken by it."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return integer(schema, chance) if chance.random() < 0.5 or "pattern" not in schema else text(schema, chance)
    match schema.get("type"):
        case "boolean":
            return chance.random() < 0.5
        case "integer" | "number":
            return integer(schema, chance)
        case "array":
            return items(schema, chance, depth)
        case "object":
            return mapping(schema, chance, depth)
    return text(schema, chance)


def integer(schema, chance):
    """Return a whole number, often one of the bounds."""
    least, most = schema.get("minimum", 0), schema.get("maximum", 2**31 - 1)
    return chance.choice([least, most, min(most, least + 1), chance.randint(least, most), min(most, least + 30)])


def text(schema, chance):
    """Return a text, at times as long as it may be."""
    most = schema.get("maxLength", 63)
    if "pattern" in schema:
        return matching(schema["pattern"], chance)[:most]
    least = schema.get("minLength", 0)
    if most <= 400 and chance.random() < 0.1:
        return "x" * most
    return chance.choice(WORDS)[:most].ljust(least, "x")


def items(schema, chance, depth):
    """Return a list; entries with the same key are left out where the schema says which field is the key."""
    least = schema.get("minItems", 0)
    count = chance.randint(max(least, 1), max(least, min(MOST_ITEMS, schema.get("maxItems", MOST_ITEMS))))
    made = [value(schema["items"], chance, depth + 1) for _ in range(count)]
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        made = list({tuple(str(item.get(key)) for key in keys): item for item in made}.values())
    return made


def mapping(schema, chance, depth):
    """Return an object with every required field and a few of the others."""
    if isinstance(schema.get("additionalProperties"), dict):
        names = chance.sample(("app", "team", "example.com/role", "a.b-c_d"), k=chance.randrange(3))
        return {name: value(schema["additionalProperties"], chance, depth + 1) for name in names}
    fields = schema.get("properties", {})
    required = schema.get("required", [])
    optional = [name for name in fields if name not in required]
    chosen = chance.sample(optional, k=min(len(optional), chance.randrange(3 if depth < 4 else 2)))
    return {name: value(fields[name], chance, depth + 1) for name in (*required, *chosen)}


def broken(schema, chance):
    """Return a value that the schema forbids, as far as one can tell from this schema alone."""
    ways = [lambda: chance.choice([wrong for wrong in WRONG_TYPES if not fits(wrong, schema)])]
    if "enum" in schema:
        ways.append(lambda: "NotOneOfThem")
    if "maximum" in schema:
        ways.append(lambda: schema["maximum"] + 1)
    if "minimum" in schema:
        ways.append(lambda: schema["minimum"] - 1)
    if schema.get("maxLength", 10**9) < 10**4 and "enum" not in schema:
        ways.append(lambda: "x" * (schema["maxLength"] + 1))
    if "pattern" in schema:
        ways.append(lambda: "\u00e9 not / a match\n")
    if schema.get("type") == "object" and "properties" in schema:
        ways.append(lambda: value(schema, chance) | {"noSuchField": 1})
    if schema.get("minItems"):
        ways.append(list)
    return chance.choice(ways)()


def fits(candidate, schema):
    """Return whether a value has the type that the schema asks for."""
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(candidate, str) or type(candidate) is int
    kinds = {"string": str, "boolean": bool, "integer": int, "number": float, "array": list, "object": dict}
    return type(candidate) is kinds.get(schema.get("type"), str)


def matching(pattern, chance):
    """Return a text that matches a regular expression of the kind that schemas have."""
    return "".join(produced(patterns.parse(pattern), chance))


def produced(parts, chance):
    """Yield the pieces of a text that a parsed expression matches."""
    for kind, argument in parts:
        match str(kind):
            case "AT":
                pass
            case "BRANCH":
                yield from produced(chance.choice(argument[1]), chance)
            case "SUBPATTERN":
                yield from produced(argument[-1], chance)
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, inner = argument
                for _ in range(chance.randint(least, min(int(most), least + MOST_REPEATS))):
                    yield from produced(inner, chance)
            case _:
                yield chance.choice(characters(kind, argument))


def characters(kind, argument):
    """Return the characters that a part of an expression stands for."""
    match str(kind):
        case "LITERAL":
            return [chr(argument)]
        case "RANGE":
            return [chr(code) for code in range(argument[0], min(argument[1], 126) + 1)]
        case "CATEGORY":
            return list(string.digits)  # the only one that schemas use
        case "NOT_LITERAL":
            return [each for each in PRINTABLE if each != chr(argument)]
        case "IN" if str(argument[0][0]) == "NEGATE":
            excluded = {each for part in argument[1:] for each in characters(*part)}
            return [each for each in PRINTABLE if each not in excluded]
        case "IN":
            return [each for part in argument for each in characters(*part)]
        case "ANY":
            return PRINTABLE
    raise NotImplementedError(f"{kind} in the pattern of a schema")
