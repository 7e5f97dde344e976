using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Fleet.Core;
using Fleet.Server.Grains;

namespace Fleet.Server.Api.Rest;

/// <summary>The caller's own name for a request, so that a repeat means the same one.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    public const string Description = "The caller's own name for this request, so that a repeat means the same one.";

    private const int MaxLength = 255;

    /// <summary>The rule for a key.</summary>
    public static readonly string Rule = $"must be one value of 1 to {MaxLength} visible ASCII characters";

    /// <summary>Reads the key of a request, which may have none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="merchantCode">Keys of different merchants are separate.</param>
    /// <param name="asked">Everything that the request asks for.</param>
    /// <param name="write">Writes that as text; called only when there is a key.</param>
    /// <param name="key">The key, or null.</param>
    /// <param name="problem">The answer when the key is not usable.</param>
    public static bool TryRead<TAsked>(
        HttpRequest request, string merchantCode, TAsked asked, Func<TAsked, string> write, out IdempotencyKey? key,
        [NotNullWhen(false)] out Problem? problem)
    {
        (key, problem) = (null, null);
        if (!request.Headers.TryGetValue(Name, out var values)) return true;
        key = values is [{ } text] ? KeyOf(merchantCode, text, write(asked)) : null;
        if (key is null) problem = Problem.BadRequest(new FieldError(Name, Rule));
        return key is not null;
    }

    /// <summary>The key of a text; null when it cannot be one.</summary>
    public static IdempotencyKey? KeyOf(string merchantCode, string text, string asked) =>
        text.Length is > 0 and <= MaxLength && text.All(c => c is > ' ' and <= '~')
            ? new(merchantCode, text, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(asked))))
            : null;
}
