using System.Text.Json.Serialization;
using Fleet.Protocol;

namespace Fleet.Simulator;

/// <summary>
/// All that one device remembers. It is replaced as a whole, so that a thread never reads half of a change.
/// </summary>
internal sealed record JournalPage
{
    public string? ReaderId { get; init; }
    public string? Credential { get; init; }
    public IReadOnlyList<JournaledResult> Results { get; init; } = [];
    public IReadOnlyList<JournaledResult> Refused { get; init; } = [];
    public IReadOnlyList<Charge> Charges { get; init; } = [];
    public MenuLockSettings? MenuLock { get; init; }
}

/// <summary>How a checkout ended on this device; kept until Fleet has committed it.</summary>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="Outcome">One of <see cref="Outcomes"/>, or <see cref="Terminated"/>.</param>
/// <param name="Reason">One of <see cref="Reasons"/>; null for a success and for a terminated one.</param>
/// <param name="Amount">Minor units charged without the tip; 0 unless approved.</param>
/// <param name="Tip">Minor units of tip charged on top.</param>
/// <param name="Card">The card that was presented; null when none was.</param>
public sealed record JournaledResult(
    Guid CheckoutId, string Outcome, string? Reason = null, long Amount = 0, long Tip = 0, PresentedCard? Card = null)
{
    /// <summary>The outcome that is reported as a <see cref="Protocol.Terminated"/> frame.</summary>
    public const string Terminated = "terminated";

    internal DeviceFrame ToFrame(long epoch) => Outcome == Terminated
        ? new Terminated(epoch, CheckoutId)
        : new Result(epoch, CheckoutId, Outcome, Reason, Amount, Tip, Card);
}

/// <summary>A card that was charged.</summary>
/// <param name="CheckoutId">For this checkout.</param>
/// <param name="Amount">Minor units without the tip.</param>
/// <param name="Tip">Minor units of tip on top.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="At">When the device decided it, by its own clock.</param>
public sealed record Charge(Guid CheckoutId, long Amount, long Tip, string Currency, DateTimeOffset At);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(JournalPage))]
internal sealed partial class JournalJson : JsonSerializerContext;
