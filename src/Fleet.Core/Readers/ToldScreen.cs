using Fleet.Core.Checkouts;

namespace Fleet.Core.Readers;

/// <summary>Which screen of a reader is told to tills, in SumUp's words.</summary>
public static class ToldScreen
{
    /// <summary>Nothing to do.</summary>
    public const string Idle = "IDLE";

    /// <summary>The customer chooses a tip.</summary>
    public const string SelectingTip = "SELECTING_TIP";

    /// <summary>The customer presents a card.</summary>
    public const string WaitingForCard = "WAITING_FOR_CARD";

    /// <summary>
    /// What the device said last. While a checkout is open about which it has said nothing, or only that it is idle,
    /// the first screen of that checkout: a till takes <c>IDLE</c> for the end of its payment, and must not read it
    /// before the device has woken. That is so whether the device is connected or not.
    /// </summary>
    /// <param name="said">The device's last word; null when it has said nothing.</param>
    /// <param name="about">The checkout that was open when it said so; null when there was none.</param>
    /// <param name="open">The checkout that is open now.</param>
    public static string? ChooseScreen(string? said, Guid? about, Checkout? open) => open switch
    {
        null => said,
        _ when about == open.Id && said is not (null or Idle) => said,
        { Terms.TipRates.Count: > 0 } => SelectingTip,
        _ => WaitingForCard,
    };
}
