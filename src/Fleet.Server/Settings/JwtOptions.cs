using System.ComponentModel.DataAnnotations;

namespace Fleet.Server.Settings;

/// <summary>Tokens of an identity provider (OpenID Connect) that are taken like keys.</summary>
public sealed class JwtOptions : IValidatableObject
{
    /// <summary>
    /// Address of the provider, below which <c>/.well-known/openid-configuration</c> is found. Default none: no tokens
    /// are taken. Plain <c>http</c> in sandbox mode and on a loopback address only.
    /// </summary>
    [Url]
    public string? Authority { get; set; }

    /// <summary>What a token must say that it is for. Required with an authority.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that holds the merchant's code, or <c>*</c> for the whole chain.</summary>
    [Required]
    public string MerchantClaim { get; set; } = "merchant_code";

    /// <summary>The claim that holds the only store, if there is one.</summary>
    [Required]
    public string StoreClaim { get; set; } = "store";

    /// <summary>The claim that holds the scopes: words with spaces between, or a list.</summary>
    [Required]
    public string ScopeClaim { get; set; } = "scope";

    /// <summary>What only both together can get wrong.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority is not null && string.IsNullOrWhiteSpace(Audience))
            yield return new("With Authority the field Audience is required.");
    }
}
