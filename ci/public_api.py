"""Lists the public items of a crate, from rustdoc's JSON on standard input: a line for each, sorted.

A line is an item's path and its declaration: of a function the whole signature, of a type what it is and the type of each public
field. An item that is public under several paths has a line for each. Traits that the compiler implements by itself (Send, Unpin)
and blanket implementations are left out.
"""

import json
import sys

CRATE = json.load(sys.stdin)
INDEX = CRATE["index"]
lines = set()


def main():
    root = item(CRATE["root"])
    module(root, root["name"])
    print("\n".join(sorted(lines)))


def item(number):
    return INDEX[str(number)]


def only(mapping):
    ((kind, inner),) = mapping.items()
    return kind, inner


def module(of, path):
    for number in of["inner"]["module"]["items"]:
        shown(item(number), path)


def shown(it, path):
    """An item of a module, and everything in it."""
    kind, inner = only(it["inner"])
    if kind == "use":
        return used(inner, path)
    path = f"{path}::{it['name']}"
    if kind == "module":
        lines.add(f"{path}: mod")
        return module(it, path)
    if kind == "constant":
        lines.add(f"{path}: const {rendered(inner['type'])} = {inner['const']['value'] or inner['const']['expr']}")
    elif kind == "function":
        lines.add(f"{path}: {function(inner)}")
    elif kind == "type_alias":
        lines.add(f"{path}: type{generics(inner['generics'])} = {rendered(inner['type'])}")
    elif kind == "trait":
        lines.add(f"{path}: trait{generics(inner['generics'])}{bounds(inner['bounds'], ': ')}{where(inner['generics'])}")
        for number in inner["items"]:
            associated(item(number), path)
    elif kind in ("struct", "enum"):
        lines.add(f"{path}: {exhaustive(it)}{kind}{generics(inner['generics'])}{where(inner['generics'])}")
        if kind == "struct":
            fields(inner["kind"], path)
        for number in inner.get("variants", []):
            variant(item(number), path)
        for number in inner["impls"]:
            implementation(item(number)["inner"]["impl"], path)
    else:
        unknown(kind, path)


def used(inner, path):
    target = INDEX.get(str(inner["id"]))
    if target is None:
        lines.add(f"{path}::{inner['name']}: use {inner['source']}")
    elif inner["is_glob"]:
        module(target, path)
    else:
        shown(dict(target, name=inner["name"]), path)


def exhaustive(it):
    return "#[non_exhaustive] " if "non_exhaustive" in it["attrs"] else ""


def variant(it, path):
    path = f"{path}::{it['name']}"
    lines.add(f"{path}: {exhaustive(it)}variant")
    fields(it["inner"]["variant"]["kind"], path)


def fields(kind, path):
    """Private fields have no number in a tuple, and are told as `..` elsewhere."""
    if isinstance(kind, str):
        return
    _, inner = only(kind)
    numbers = inner if isinstance(inner, list) else inner["fields"]
    for number in numbers:
        if number is not None:
            it = item(number)
            lines.add(f"{path}::{it['name']}: {rendered(it['inner']['struct_field'])}")
    has_private = inner["has_stripped_fields"] if isinstance(inner, dict) else None in inner
    if has_private:
        lines.add(f"{path}::..: private fields")


def implementation(inner, path):
    if inner["is_synthetic"] or inner["blanket_impl"] is not None:
        return
    if inner["trait"] is not None and inner["trait"]["path"] == "StructuralPartialEq":
        return  # The derive's own.
    if inner["trait"] is None:
        for number in inner["items"]:
            associated(item(number), path)
        return
    negative = "!" if inner["is_negative"] else ""
    declaration = f"impl{generics(inner['generics'])} {negative}{trait(inner['trait'])} for {rendered(inner['for'])}"
    types = [item(number) for number in inner["items"]]
    types = [it for it in types if "assoc_type" in it["inner"]]
    types = [f"{it['name']} = {rendered(it['inner']['assoc_type']['type'])}" for it in types]
    with_types = f" {{ {', '.join(types)} }}" if types else ""
    lines.add(f"{path}: {declaration}{where(inner['generics'])}{with_types}")


def associated(it, path):
    """What is declared in a trait or an implementation."""
    if it["visibility"] not in ("public", "default"):
        return
    path = f"{path}::{it['name']}"
    kind, inner = only(it["inner"])
    if kind == "function":
        lines.add(f"{path}: {function(inner)}")
    elif kind == "assoc_const":
        lines.add(f"{path}: const {rendered(inner['type'])}")
    elif kind == "assoc_type":
        lines.add(f"{path}: type{bounds(inner['bounds'], ': ')}")
    else:
        unknown(kind, path)


def function(inner):
    header, signature = inner["header"], inner["sig"]
    words = "".join(f"{word} " for word in ("const", "async", "unsafe") if header[f"is_{word}"])
    inputs = ", ".join(parameter(name, of) for name, of in signature["inputs"])
    output = f" -> {rendered(signature['output'])}" if signature["output"] else ""
    return f"{words}fn{generics(inner['generics'])}({inputs}){output}{where(inner['generics'])}"


def parameter(name, of):
    written = rendered(of)
    if name != "self":
        return f"{name}: {written}"
    return written.replace("Self", "self") if written in ("Self", "&Self", "&mut Self") else f"self: {written}"


def generics(of):
    params = []
    for param in of["params"]:
        kind, inner = only(param["kind"])
        if kind == "lifetime":
            params.append(param["name"])
        elif kind == "const":
            params.append(f"const {param['name']}: {rendered(inner['type'])}")
        elif not inner["is_synthetic"]:
            default = f" = {rendered(inner['default'])}" if inner["default"] else ""
            params.append(f"{param['name']}{bounds(inner['bounds'], ': ')}{default}")
    return f"<{', '.join(params)}>" if params else ""


def where(of):
    told = []
    for predicate in of["where_predicates"]:
        kind, inner = only(predicate)
        if kind == "bound_predicate":
            told.append(f"{rendered(inner['type'])}{bounds(inner['bounds'], ': ')}")
        elif kind == "lifetime_predicate":
            told.append(f"{inner['lifetime']}: {' + '.join(inner['outlives'])}")
        else:
            unknown(kind, "where")
    return f" where {', '.join(told)}" if told else ""


def bounds(of, before):
    return before + " + ".join(bound(it) for it in of) if of else ""


def bound(of):
    kind, inner = only(of)
    if kind == "trait_bound":
        modifier = {"none": "", "maybe": "?", "maybe_const": "~const "}[inner["modifier"]]
        return f"{modifier}{trait(inner['trait'])}"
    if kind == "outlives":
        return inner
    if kind == "use":
        return f"use<{', '.join(next(iter(it.values())) for it in inner)}>"
    unknown(kind, "bound")


def trait(of):
    return named(of) + arguments(of["args"])


def named(of):
    """A name of this crate without its modules, which the source may write or not."""
    summary = CRATE["paths"].get(str(of["id"]))
    is_ours = summary is not None and summary["crate_id"] == 0
    return summary["path"][-1] if is_ours else of["path"]


def arguments(of):
    if of is None:
        return ""
    kind, inner = only(of)
    if kind == "parenthesized":
        output = f" -> {rendered(inner['output'])}" if inner["output"] else ""
        return f"({', '.join(map(rendered, inner['inputs']))}){output}"
    args = [argument(it) for it in inner["args"]] + [constraint(it) for it in inner["constraints"]]
    return f"<{', '.join(args)}>" if args else ""


def argument(of):
    kind, inner = only(of)
    return rendered(inner) if kind == "type" else inner["expr"] if kind == "const" else inner


def constraint(of):
    kind, inner = only(of["binding"])
    told = f" = {argument(inner)}" if kind == "equality" else bounds(inner, ": ")
    return f"{of['name']}{arguments(of['args'])}{told}"


def rendered(of):
    """A type as it is written in Rust."""
    kind, inner = only(of)
    if kind in ("generic", "primitive"):
        return inner
    if kind == "resolved_path":
        return named(inner) + arguments(inner["args"])
    if kind == "borrowed_ref":
        lifetime = f"{inner['lifetime']} " if inner["lifetime"] else ""
        return f"&{lifetime}{'mut ' if inner['is_mutable'] else ''}{rendered(inner['type'])}"
    if kind == "slice":
        return f"[{rendered(inner)}]"
    if kind == "array":
        return f"[{rendered(inner['type'])}; {inner['len']}]"
    if kind == "tuple":
        return f"({', '.join(map(rendered, inner))})"
    if kind == "impl_trait":
        return f"impl{bounds(inner, ' ')}"
    if kind == "qualified_path":
        return f"<{rendered(inner['self_type'])} as {trait(inner['trait'])}>::{inner['name']}"
    if kind == "dyn_trait":
        lifetime = f" + {inner['lifetime']}" if inner["lifetime"] else ""
        return f"dyn {' + '.join(trait(it['trait']) for it in inner['traits'])}{lifetime}"
    if kind == "function_pointer":
        inputs = ", ".join(rendered(it) for _, it in inner["sig"]["inputs"])
        output = f" -> {rendered(inner['sig']['output'])}" if inner["sig"]["output"] else ""
        return f"fn({inputs}){output}"
    unknown(kind, "type")


def unknown(kind, path):
    sys.exit(f"public_api: {path} is a `{kind}`, which ci/public_api.py cannot write: teach it")


main()
