namespace Fleet.Simulator;

/// <summary>What will happen at the reader for one checkout, decided before it happens.</summary>
/// <param name="StartAfter">How long the device needs before it asks for the start; null when it never asks.</param>
/// <param name="Steps">What the customer does after the grant, in order.</param>
/// <param name="Authorisation">
/// How long the authorisation after the last step takes. Once it has begun, a terminate is too late. Null when the
/// customer's steps end the payment without an authorisation.
/// </param>
/// <param name="End">How the payment ends.</param>
public sealed record CustomerPlan(
    TimeSpan? StartAfter, IReadOnlyList<PlanStep> Steps, TimeSpan? Authorisation, PlanEnd End);

/// <summary>One thing the customer does.</summary>
/// <param name="Screen">What the screen shows meanwhile, one of <see cref="Protocol.Screens"/>.</param>
/// <param name="Lasts">How long it takes.</param>
public sealed record PlanStep(string Screen, TimeSpan Lasts);

/// <summary>How a payment ends.</summary>
/// <param name="Outcome">One of <see cref="Protocol.Outcomes"/>.</param>
/// <param name="Reason">One of <see cref="Protocol.Reasons"/>; null for a success.</param>
/// <param name="Tip">Minor units on top of the amount; 0 unless approved.</param>
/// <param name="Card">The card that was presented; null when none was.</param>
/// <param name="IsUnsent">Whether the result is lost on its way once, and has to be repeated.</param>
public sealed record PlanEnd(
    string Outcome, string? Reason = null, long Tip = 0, Protocol.PresentedCard? Card = null, bool IsUnsent = false)
{
    /// <summary>The customer pressed cancel.</summary>
    internal static readonly PlanEnd Cancelled = new(Protocol.Outcomes.Cancelled, Protocol.Reasons.CustomerCancelled);
}
