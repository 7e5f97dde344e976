using System.ComponentModel.DataAnnotations;
using Fleet.Core.Webhooks;

namespace Fleet.Server.Settings;

/// <summary>How the operator is told of incidents: section <c>Fleet:Incidents</c>.</summary>
public sealed class IncidentOptions : IValidatableObject
{
    /// <summary>
    /// Where a webhook is sent when an incident is opened or resolved. The rules of <c>Fleet:Webhooks</c> for addresses
    /// and ports apply. Default none.
    /// </summary>
    public string? WebhookUrl { get; set; }

    /// <summary>
    /// The secret with which these webhooks are signed, <c>whsec_</c> and Base64 of 24 to 64 bytes. Default none: not
    /// signed.
    /// </summary>
    public string? WebhookSecret { get; set; }

    /// <summary>
    /// Days that an incident is kept after it was resolved, 1 to 3650. Default 400. With a folder for exports it is
    /// exported before it is removed.
    /// </summary>
    [Range(1, 3650)]
    public int ResolvedDays { get; set; } = 400;

    /// <summary>Checks rules that no attribute can express; the message never repeats a secret.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WebhookUrl is not null && !(Uri.TryCreate(WebhookUrl, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp) && url.UserInfo.Length == 0))
            yield return new("The field WebhookUrl must be an http or https URL without user information.");
        if (WebhookSecret is not null && !WebhookSignature.IsSecret(WebhookSecret))
            yield return new("The field WebhookSecret must be whsec_ and Base64 of 24 to 64 bytes.");
        if (WebhookSecret is not null && WebhookUrl is null)
            yield return new("The field WebhookSecret is set, but WebhookUrl is not.");
    }
}
