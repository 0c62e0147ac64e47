using System.Security.Cryptography;
using System.Text;

namespace Consumers.Core;

/// <summary>What dead letters of one cause have in common.</summary>
/// <param name="Id">The same for the same parts, in every ledger.</param>
/// <param name="Error">Masked.</param>
public sealed record CauseFingerprint(string Id, string Module, string? Type, string Reason, string Error, string? Place)
{
    /// <summary>What is left of an error once it is masked; more does not tell causes apart.</summary>
    public const int MaxErrorLength = 300;

    /// <summary>The cause of what would be one cause too many.</summary>
    public static CauseFingerprint Other(string module) => Make(module, null, "other", "(other)", null);

    public static CauseFingerprint Of(string module, ReadDeadLetter letter) =>
        Make(module, letter.Task?.Type, letter.Reason, ErrorMask.Mask(letter.Error), letter.Place);

    private static CauseFingerprint Make(string module, string? type, string reason, string error, string? place)
    {
        error = error.Length <= MaxErrorLength ? error : error[..(char.IsHighSurrogate(error[MaxErrorLength - 1]) ? MaxErrorLength - 1 : MaxErrorLength)];
        // None of the parts has a control character.
        var all = $"{module}\n{type}\n{reason}\n{error}\n{place}";
        return new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 12)), module, type, reason, error, place);
    }
}
