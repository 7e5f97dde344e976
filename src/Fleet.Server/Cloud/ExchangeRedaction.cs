using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Fleet.Server.Cloud;

/// <summary>
/// Removes from an exchange what must be in no log: keys, the callback's address, card numbers, codes, and the names of
/// people.
/// </summary>
internal static partial class ExchangeRedaction
{
    /// <summary>Characters of a body that are kept.</summary>
    public const int MaxBody = 4_096;

    private const string Removed = "[removed]";

    private static readonly HashSet<string> Secret = new(StringComparer.OrdinalIgnoreCase)
    {
        "authorization", "key", "api_key", "secret", "token", "access_token", "refresh_token", "password",
        "return_url", "passcode", "pin", "pairing_code",
        "card_number", "number", "pan", "cvv", "cvc", "track_data", "cardholder_name",
        "username", "user", "email", "phone", "lat", "lon",
    };

    private static readonly JsonWriterOptions Readable =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A body without its secrets, at most <see cref="MaxBody"/> characters and a mark.</summary>
    public static string? RedactBody(string? body, CloudKey key)
    {
        if (string.IsNullOrEmpty(body)) return null;
        var redacted = RedactJson(body) ?? SecretMember().Replace(body, $"$1\"{Removed}\"");
        return Cut(RedactText(redacted, key));
    }

    /// <summary>The path and the query, unescaped, so that what is secret is found.</summary>
    public static string RedactPath(Uri? url, CloudKey key)
    {
        var text = Uri.UnescapeDataString(url?.PathAndQuery ?? "");
        return RedactText(string.Concat(text.Where(letter => !char.IsControl(letter))), key);
    }

    /// <summary>A text without keys and card numbers.</summary>
    public static string RedactText(string text, CloudKey key)
    {
        var redacted = CallbackPath().Replace(key.RemoveFrom(text), $"$1{Removed}");
        redacted = KeyLike().Replace(redacted, Removed);
        return CardLike().Replace(redacted, match => IsCardNumber(match.ValueSpan) ? Removed : match.Value);
    }

    /// <summary>JSON without the values of secret members; null if it is no JSON.</summary>
    private static string? RedactJson(string body)
    {
        try
        {
            using var parsed = JsonDocument.Parse(body.TrimStart('\uFEFF'));
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer, Readable)) Copy(parsed.RootElement, writer);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException) // an escaped half of a surrogate pair
        {
            return Removed;
        }
    }

    private static void Copy(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (Secret.Contains(member.Name)) writer.WriteStringValue(Removed);
                    else Copy(member.Value, writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Copy(item, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString()); // without escapes, so that the text is searched as it is
                break;
            default:
                writer.WriteRawValue(value.GetRawText());
                break;
        }
    }

    private static string Cut(string text)
    {
        if (text.Length <= MaxBody) return text;
        var end = char.IsHighSurrogate(text[MaxBody - 1]) ? MaxBody - 1 : MaxBody;
        return $"{text[..end]}… ({text.Length} characters)";
    }

    /// <summary>Whether the digits have the check digit of card numbers, as few other numbers have.</summary>
    private static bool IsCardNumber(ReadOnlySpan<char> text)
    {
        var (sum, place) = (0, 0);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(text[i])) continue;
            var digit = text[i] - '0';
            if (place++ % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
            sum += digit;
        }
        return sum % 10 == 0;
    }

    [GeneratedRegex(@"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")]
    private static partial Regex CardLike();

    /// <summary>In what is almost JSON.</summary>
    [GeneratedRegex(
        @"(""(?:authorization|key|\w*token|\w*secret|password|return_url|passcode|pin|pairing_code|username|user"
        + @"|email)""\s*:\s*)(?:""(?:[^""\\]|\\.)*""?|[^\s,}\]]+)",
        RegexOptions.IgnoreCase)]
    private static partial Regex SecretMember();

    [GeneratedRegex(@"\b(?:sup_(?:sk|afk|pk)_|at_classic_|whsec_)[\w-]+|\bBearer\s+[^\s""<]+", RegexOptions.IgnoreCase)]
    private static partial Regex KeyLike();

    [GeneratedRegex(@"(/fleet/v1/callbacks/)[^\s""'<>&]+", RegexOptions.IgnoreCase)]
    private static partial Regex CallbackPath();
}
