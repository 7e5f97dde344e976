using System.ComponentModel.DataAnnotations;
using Fleet.Core.Cloud;

namespace Fleet.Server.Settings;

/// <summary>
/// Settings of the calls to SumUp's cloud, for merchants whose readers are real ones: section <c>Fleet:Cloud</c>.
/// </summary>
public sealed class CloudOptions : IValidatableObject
{
    /// <summary>
    /// Where SumUp's API is, with https and without a slash at the end. Default <c>https://api.sumup.com</c>.
    /// </summary>
    [Required, Url]
    public string BaseUrl { get; set; } = "https://api.sumup.com";

    /// <summary>
    /// Whether <see cref="BaseUrl"/> is a stand-in for tests, which may have http on a loopback address. Default false.
    /// </summary>
    public bool TestBase { get; set; }

    /// <summary>
    /// Where the Internet reaches Fleet, with https and without a slash at the end, for example
    /// <c>https://pay.example.com</c>. SumUp reports outcomes there. Default none: Fleet asks SumUp for them.
    /// </summary>
    [Url]
    public string? PublicUrl { get; set; }

    /// <summary>Requests per second that are sent with each merchant's API key, 1 to 100. Default 5.</summary>
    [Range(1, LinkFields.MaxRate)]
    public int RequestsPerSecond { get; set; } = 5;

    /// <summary>
    /// Requests that may be sent at once after a quiet time, with each API key, 1 to 1000. Default 10.
    /// </summary>
    [Range(1, LinkFields.MaxBurst)]
    public int Burst { get; set; } = 10;

    /// <summary>
    /// Days that the log of what was said to SumUp and what it answered is kept, 1 to 3650. Default 30.
    /// </summary>
    [Range(1, 3650)]
    public int ExchangeDays { get; set; } = 30;

    /// <summary>
    /// Minutes between two comparisons of the readers that SumUp has for a linked merchant with Fleet's, 1 to 1440.
    /// Default 10.
    /// </summary>
    [Range(1, 1440)]
    public int RosterMinutes { get; set; } = 10;

    /// <summary>
    /// The time of the day, in UTC, from which the payments of the day before are compared with SumUp's history; the
    /// hours until 02:00 are part of what is compared. Default <c>03:00</c>; empty for never.
    /// </summary>
    [RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9])?$")]
    public string ReconcileAt { get; set; } = "03:00";

    /// <summary>Checks rules that no attribute can express.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LinkFields.FindWrongUrl(BaseUrl, TestBase) is { } wrong)
            yield return new($"The field BaseUrl {wrong}.");
        if (PublicUrl is not null && (PublicUrl.EndsWith('/')
            || !(PublicUrl.StartsWith("https://", StringComparison.Ordinal) || TestBase)))
            yield return new("The field PublicUrl must begin with https and have no slash at its end.");
    }
}
