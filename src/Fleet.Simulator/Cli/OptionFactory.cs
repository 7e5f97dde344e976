using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Simulator.Cli;

/// <summary>Makes options that answer a bad value with one sentence about good values.</summary>
internal static class OptionFactory
{
    public static Option<int> CreateNumber(string name, string help, int usual, int min, int max) => new(name)
    {
        Description = help,
        HelpName = "number",
        DefaultValueFactory = _ => usual,
        CustomParser = result => int.TryParse(WordOf(result), CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max
                ? number
                : AddError<int>(result, $"{name} must be a whole number from {min} to {max}"),
    };

    public static Option<double> CreateFactor(string name, string help, double usual, double max) => new(name)
    {
        Description = help,
        HelpName = "factor",
        DefaultValueFactory = _ => usual,
        CustomParser = result => double.TryParse(WordOf(result), CultureInfo.InvariantCulture, out var number)
            && number >= 0 && number <= max
                ? number
                : AddError<double>(result, $"{name} must be a number from 0 to {max}"),
    };

    public static Option<Uri> CreateAddress(string name, string help, string scheme, string secure) => new(name)
    {
        Description = help,
        HelpName = "address",
        CustomParser = result => Uri.TryCreate(WordOf(result), UriKind.Absolute, out var uri)
            && (uri.Scheme == scheme || uri.Scheme == secure)
                ? uri
                : AddError<Uri>(result, $"{name} must be an address that starts with {scheme}:// or {secure}://"),
    };

    public static Option<X509Certificate2> CreateCertificate(string name, string help) => new(name)
    {
        Description = help,
        HelpName = "file",
        CustomParser = result =>
        {
            try
            {
                return X509Certificate2.CreateFromPemFile(WordOf(result));
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException or IOException
                or UnauthorizedAccessException)
            {
                return AddError<X509Certificate2>(result, $"{name} must be a PEM file of a certificate and its key");
            }
        },
    };

    public static Option<Scenario> ScenarioName(string name, string help) => new(name)
    {
        Description = $"{help} One of {string.Join(", ", ScenarioNames.All)}; default solo.",
        HelpName = "scenario",
        CustomParser = result => ScenarioNames.FindScenario(WordOf(result)) is { } scenario
            ? scenario
            : AddError<Scenario>(result, $"{name} must be one of {string.Join(", ", ScenarioNames.All)}"),
    };

    /// <summary>A text of some length, chosen from <paramref name="among"/> when that names any.</summary>
    public static Option<string> CreateText(string name, string help, string? usual, int max, params string[] among)
    {
        var option = new Option<string>(name)
        {
            Description = help,
            HelpName = "text",
            CustomParser = result => WordOf(result) is { Length: > 0 } word && word.Length <= max
                && (among is [] || among.Contains(word))
                    ? word
                    : AddError<string>(result, among is []
                        ? $"{name} must have 1 to {max} characters"
                        : $"{name} must be {string.Join(" or ", among)}"),
        };
        if (usual is not null) option.DefaultValueFactory = _ => usual;
        return option;
    }

    private static string WordOf(ArgumentResult result) => result.Tokens is [var token, ..] ? token.Value : "";

    private static T? AddError<T>(ArgumentResult result, string rule)
    {
        result.AddError(result.Tokens is [] ? $"{rule}." : $"{rule}, not {WordOf(result)}.");
        return default;
    }
}
