using Fleet.Protocol.V1;

namespace Fleet.Server.Console.Readers;

/// <summary>What the page of a reader shows.</summary>
/// <param name="Reader">The reader.</param>
/// <param name="Settings">Its menu lock.</param>
/// <param name="Device">Its device over all of its pairings; null when nothing is known of it.</param>
/// <param name="Stores">The stores to which it may be moved.</param>
/// <param name="Checkouts">Its newest checkouts; null when the viewer may not see them.</param>
/// <param name="Now">The time at this node.</param>
/// <param name="Ended">The payment that was asked to end here, as it is now; null for none.</param>
public sealed record ReaderView(
    Reader Reader, ReaderSettings Settings, DeviceHistory? Device, IReadOnlyList<Store> Stores,
    IReadOnlyList<Checkout>? Checkouts, DateTimeOffset Now, Checkout? Ended)
{
    /// <summary>The menu lock in one sentence.</summary>
    public string MenuLock => Settings switch
    {
        { Source: SettingsSource.OfNone or SettingsSource.Unspecified } => "Fleet says nothing about its menu.",
        { Source: SettingsSource.OfStore } => $"Its store says that the menu {Lock}. {State}",
        _ => $"The menu of this reader {Lock}. {State}",
    };

    /// <summary>The commands that show the same.</summary>
    public string Commands => $"""
        fleet readers watch {Reader.ReaderId}
        fleet device {Reader.Serial}
        fleet ask readers/{Reader.ReaderId}/checkouts
        """;

    private string Lock => Settings.MenuLock is { Enabled: true } ? "asks for a passcode" : "is open";

    private string State => Settings.State switch
    {
        SettingsState.SettingsApplied => "The device does so.",
        SettingsState.SettingsPending => "The device has not been told yet, or has not answered.",
        SettingsState.SettingsRefused => "The device refused it.",
        _ => "",
    };
}
