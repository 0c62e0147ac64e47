using System.Globalization;

namespace Consumers.Fleet;

/// <summary>An answer of Redis. Null is <see cref="RespKind.Nothing"/>; an error within an array is its text.</summary>
internal readonly record struct RespValue(RespKind Kind, long Number = 0, string? Text = null, RespValue[]? Items = null)
{
    public override string? ToString() => Kind == RespKind.Number ? Number.ToString(CultureInfo.InvariantCulture) : Text;

    /// <summary>The texts of an array.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public string?[] Texts() => Array.ConvertAll(Rows(), static item => item.ToString());

    /// <exception cref="InvalidDataException">It is no array.</exception>
    public RespValue[] Rows() => Items ?? throw new InvalidDataException($"Redis answered with {Kind} where an array was expected");
}

internal enum RespKind
{
    Nothing,
    Number,
    Text,
    Array,
    Error,
}
