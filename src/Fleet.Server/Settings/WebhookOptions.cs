using System.ComponentModel.DataAnnotations;
using System.Net;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Settings;

/// <summary>Settings of what is sent to a checkout's <c>return_url</c>: section <c>Fleet:Webhooks</c>.</summary>
public sealed class WebhookOptions : IValidatableObject
{
    private const int MaxRetries = 20;

    /// <summary>The schedule for retries of failed attempts. Default <c>fleet</c>.</summary>
    public RetrySchedule Schedule { get; set; } = RetrySchedule.Fleet;

    /// <summary>Seconds to wait before each retry: 1 to 20 numbers, instead of a schedule. Default none.</summary>
    public List<int> RetrySeconds { get; } = [];

    /// <summary>Seconds one attempt may take, 1 to 60. Default 10.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Attempts to one host at the same time, 1 to 128. Default 16.</summary>
    [Range(1, 128)]
    public int PerHost { get; set; } = 16;

    /// <summary>Days that an event is kept after it was delivered, 1 to 3650. Default 7.</summary>
    [Range(1, 3650)]
    public int DeliveredDays { get; set; } = 7;

    /// <summary>Days that an event is kept after its last attempt failed, 1 to 3650. Default 30.</summary>
    [Range(1, 3650)]
    public int DeadDays { get; set; } = 30;

    /// <summary>
    /// Networks to which webhooks may be sent although they are not public, for example <c>10.1.0.0/16</c>. Default
    /// none.
    /// </summary>
    public List<string> AllowedNetworks { get; } = [];

    /// <summary>Ports to which webhooks may be sent beside 443. Default none.</summary>
    public List<int> AllowedPorts { get; } = [];

    /// <summary>Checks rules that no attribute can express.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RetrySeconds.Count > MaxRetries || RetrySeconds.Any(seconds => seconds is < 1 or > 86_400))
            yield return new($"The field RetrySeconds must be at most {MaxRetries} numbers from 1 to 86400.");
        if (AllowedPorts.Any(port => port is < 1 or > 65_535))
            yield return new("The field AllowedPorts must have numbers from 1 to 65535.");
        foreach (var network in AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _)))
            yield return new($"The field AllowedNetworks has {network}, which is not a network like 10.1.0.0/16.");
    }

    /// <summary>The waits between attempts.</summary>
    internal IReadOnlyList<int> Retries => RetrySeconds.Count > 0
        ? RetrySeconds
        : Schedule is RetrySchedule.SumUp ? [60, 300, 1_200, 7_200, 14_400] : [10, 40, 160, 640, 2_560];

    /// <summary>The rules for destinations that follow from these settings.</summary>
    internal EgressRules ToEgressRules() =>
        new([.. AllowedNetworks.Select(network => IPNetwork.Parse(network))], [.. AllowedPorts]);
}

/// <summary>Schedules of five retries.</summary>
public enum RetrySchedule
{
    /// <summary>After 10 seconds, 40 seconds, and so on, four times as long each time.</summary>
    Fleet,

    /// <summary>SumUp's: after a minute, 5 minutes, 20 minutes, 2 hours and 4 hours.</summary>
    SumUp,
}
