"""Conversion: the text of variables as the types of a struct's fields."""

from collections.abc import Mapping

import msgspec

from entrypoints.environment.variables import InvalidVariableError


def convert[T: msgspec.Struct](values: Mapping[str, str], struct: type[T]) -> T:
    """The struct of these values. Raises InvalidVariableError."""
    try:
        return msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("`$.")[2].removesuffix("`")
        raise InvalidVariableError(f"{name} must be {accepted_values(name, struct)}") from None


def accepted_values(name: str, struct: type[msgspec.Struct]) -> str:
    """What a variable may be, in words."""
    fields = msgspec.inspect.type_info(struct).fields  # type: ignore[attr-defined]  # it is a struct
    (accepted,) = (field.type for field in fields if field.encode_name == name)
    if isinstance(accepted, msgspec.inspect.UnionType):  # with None, which no text is
        accepted = next(one for one in accepted.types if not isinstance(one, msgspec.inspect.NoneType))
    match accepted:
        case msgspec.inspect.IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}"
        case msgspec.inspect.FloatType(ge=None, le=most):
            return f"a number of seconds above 0 and up to {most}"
        case msgspec.inspect.FloatType(ge=least, le=most):
            return f"a number of seconds from {least} to {most}"
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case _:
            return "text"
