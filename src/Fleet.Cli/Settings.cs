using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Fleet.Core.Access;
using Microsoft.Extensions.Configuration;

namespace Fleet.Cli;

/// <summary>Which Fleet the command line calls, and with which key.</summary>
/// <param name="Url">Where it answers gRPC.</param>
/// <param name="Key">
/// The API key. It is never an argument, because every user of the machine can read arguments.
/// </param>
/// <param name="KeySource">Where the key comes from, for people.</param>
/// <param name="Merchant">The merchant, which only a key of the whole chain names.</param>
/// <param name="Timeout">How long one call may take.</param>
/// <param name="Ca">PEM file of the authorities of the node's certificate; null for those of the system.</param>
/// <param name="Certificate">PEM file of the caller's own certificate.</param>
/// <param name="CertificateKey">PEM file of its key; null for the same file.</param>
internal sealed record Settings(
    Uri Url, string Key, string KeySource, string? Merchant, TimeSpan Timeout, string? Ca, string? Certificate,
    string? CertificateKey);

/// <summary>The options that every verb has.</summary>
internal sealed class SettingOptions
{
    private const string DefaultUrl = "http://127.0.0.1:8081";

    /// <summary>Seconds.</summary>
    private const double DefaultTimeout = 10, MaxTimeout = 3_600;

    private readonly Option<string> _url = OptionFactory.CreateGlobalText("--url", "address",
        $"Where Fleet answers gRPC (FLEET_URL). "
        + $"Default {DefaultUrl}.");

    private readonly Option<string> _keyFile = OptionFactory.CreateGlobalText("--key-file", "file",
        "File with the API key. Without it "
        + "FLEET_KEY is the key, and on this machine the sandbox's.");

    private readonly Option<string> _merchant = OptionFactory.CreateGlobalText("--merchant", "code",
        "The merchant, for keys of the whole "
        + "chain (FLEET_MERCHANT).");

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write JSON: one document, or one per line in a stream.", Recursive = true,
    };

    private readonly Option<double?> _timeout = new("--timeout")
    {
        Description = $"Seconds one call may take. Default {DefaultTimeout}.", HelpName = "seconds", Recursive = true,
        CustomParser = ParseSeconds,
    };

    private readonly Option<string> _ca = OptionFactory.CreateGlobalText("--ca", "file",
        "PEM file of the authorities of the node's "
        + "certificate (FLEET_CA).");

    private readonly Option<string> _cert = OptionFactory.CreateGlobalText("--cert", "file",
        "PEM file of your own certificate "
        + "(FLEET_CERT).");

    private readonly Option<string> _certKey = OptionFactory.CreateGlobalText("--cert-key", "file",
        "PEM file of its key, when it is "
        + "another file (FLEET_CERT_KEY).");

    public IEnumerable<Option> All => [_url, _keyFile, _merchant, _json, _timeout, _ca, _cert, _certKey];

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The settings of one command.</summary>
    /// <exception cref="Failure">One of them is wrong.</exception>
    public Settings ReadSettings(ParseResult parsed, IConfiguration environment)
    {
        var text = parsed.GetValue(_url) ?? environment["URL"] ?? DefaultUrl;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw Failure.WrongUsage($"The address of Fleet must begin with http:// or https://, not be {text}.");
        var (key, source) = KeyOf(parsed.GetValue(_keyFile), environment["KEY"], url);
        return new(url, key, source, NullIfEmpty(parsed.GetValue(_merchant) ?? environment["MERCHANT"]),
            TimeSpan.FromSeconds(parsed.GetValue(_timeout) ?? DefaultTimeout),
            NullIfEmpty(parsed.GetValue(_ca) ?? environment["CA"]),
            NullIfEmpty(parsed.GetValue(_cert) ?? environment["CERT"]),
            NullIfEmpty(parsed.GetValue(_certKey) ?? environment["CERT_KEY"]));
    }

    private static (string Key, string Source) KeyOf(string? file, string? variable, Uri url)
    {
        if (file is not null)
        {
            var key = Files.ReadText(file, "--key-file").Trim();
            return IsToken(key) ? (key, file) : throw Failure.WrongUsage($"{file} must hold one key and nothing else.");
        }
        if (NullIfEmpty(variable?.Trim()) is { } given)
            return IsToken(given) ? (given, "FLEET_KEY") : throw Failure.WrongUsage("FLEET_KEY must be one key.");
        if (url.IsLoopback) return (SandboxMerchant.Key, "the sandbox");
        throw Failure.WrongUsage($"There is no key for {url}.", "Set FLEET_KEY, or name a file with --key-file.");
    }

    /// <summary>Whether a header can hold the key.</summary>
    private static bool IsToken(string key) => key.Length > 0 && key.All(c => c is > ' ' and <= '~');

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static double? ParseSeconds(ArgumentResult result)
    {
        var word = result.Tokens is [var token] ? token.Value : "";
        if (double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and <= MaxTimeout)
            return seconds;
        result.AddError($"--timeout must be a number of seconds up to {MaxTimeout}, not {word}.");
        return null;
    }
}
