using System.ComponentModel.DataAnnotations;

namespace Fleet.Server.Settings;

/// <summary>Tokens of an identity provider (OpenID Connect) that are accepted like keys.</summary>
public sealed class JwtOptions : IValidatableObject
{
    /// <summary>
    /// Address of the provider, below which <c>/.well-known/openid-configuration</c> is found. Default none: no tokens
    /// are accepted. Plain <c>http</c> in sandbox mode and on a loopback address only.
    /// </summary>
    [Url]
    public string? Authority { get; set; }

    /// <summary>The audience that a token must have. Required with an authority.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that holds the merchant's code, or <c>*</c> for the whole chain.</summary>
    [Required]
    public string MerchantClaim { get; set; } = "merchant_code";

    /// <summary>The claim that holds the only store, if there is one.</summary>
    [Required]
    public string StoreClaim { get; set; } = "store";

    /// <summary>The claim that holds the scopes: words separated by spaces, or a list.</summary>
    [Required]
    public string ScopeClaim { get; set; } = "scope";

    /// <summary>
    /// The id under which the provider knows the console, so that people sign in there; its redirect address is
    /// <c>/console/signed-in</c>. Default none: people sign in with a key.
    /// </summary>
    public string? ConsoleClient { get; set; }

    /// <summary>The secret of that client.</summary>
    public string? ConsoleSecret { get; set; }

    /// <summary>
    /// What the console asks the provider for, with spaces between the words. The access token that comes back must be
    /// one that Fleet accepts like a key.
    /// </summary>
    [Required]
    public string ConsoleScope { get; set; } = "openid profile";

    /// <summary>Checks rules that are about several settings together.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority is not null && string.IsNullOrWhiteSpace(Audience))
            yield return new("With Authority the field Audience is required.");
        if (ConsoleClient is not null && Authority is null)
            yield return new("With ConsoleClient the field Authority is required.");
        if (ConsoleClient is not null && string.IsNullOrWhiteSpace(ConsoleSecret))
            yield return new("With ConsoleClient the field ConsoleSecret is required.");
    }
}
