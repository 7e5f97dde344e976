using Orleans.Concurrency;

namespace Fleet.Server.Webhooks;

/// <summary>What a test does to the webhooks of its sandbox merchant, until it is reset or for an hour.</summary>
/// <param name="FailNext">So many of the next attempts fail: the receiver is not called.</param>
/// <param name="Delay">The first attempt of each event is made so much later.</param>
/// <param name="Twice">Whether each event that was delivered is delivered once more.</param>
/// <param name="BeforeAnswer">Whether the answer to Create checkout waits for the checkout's webhook.</param>
[GenerateSerializer, Immutable, Alias("fleet.webhook-faults")]
internal sealed record WebhookFaults(
    [property: Id(0)] int FailNext = 0,
    [property: Id(1)] TimeSpan Delay = default,
    [property: Id(2)] bool Twice = false,
    [property: Id(3)] bool BeforeAnswer = false)
{
    /// <summary>The most attempts that fail, and the longest delay.</summary>
    public const int MaxFailures = 1_000, MaxDelayMs = 60_000;

    public static readonly WebhookFaults None = new();
}

/// <summary>The faults of the webhooks of one sandbox merchant. They are in memory only.</summary>
[Alias("fleet.webhook-faults-grain")]
internal interface IWebhookFaultsGrain : IGrainWithStringKey
{
    /// <summary>Replaces the faults.</summary>
    [Alias("set")]
    Task SetFaults(WebhookFaults faults);

    /// <summary>The faults.</summary>
    [Alias("get"), ReadOnly]
    Task<WebhookFaults> GetFaults();

    /// <summary>The faults for an attempt that is made now; it uses up one failure, if there is one.</summary>
    [Alias("take")]
    Task<WebhookFaults> TakeFaults();
}

internal sealed class WebhookFaultsGrain(TimeProvider time) : Grain, IWebhookFaultsGrain
{
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(1);

    private WebhookFaults _faults = WebhookFaults.None;
    private DateTimeOffset _until;

    public Task SetFaults(WebhookFaults faults)
    {
        (_faults, _until) = (faults, time.Now() + Lasts);
        DelayDeactivation(Lasts);
        return Task.CompletedTask;
    }

    public Task<WebhookFaults> GetFaults() => Task.FromResult(time.Now() < _until ? _faults : WebhookFaults.None);

    public async Task<WebhookFaults> TakeFaults()
    {
        var faults = await GetFaults();
        if (faults.FailNext > 0) _faults = faults with { FailNext = faults.FailNext - 1 };
        return faults;
    }
}
