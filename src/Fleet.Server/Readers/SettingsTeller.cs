using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Links;

namespace Fleet.Server.Readers;

/// <summary>
/// Tells devices their settings: over the link, or through SumUp's cloud. Passcodes are opened for the frame only.
/// </summary>
internal sealed class SettingsTeller(
    LinkClient links, PasscodeSeal passcodes, IGrainFactory grains, TimeProvider time)
{
    /// <summary>
    /// How often a device is told again that was in a payment, or did not answer; and how often it is looked whether
    /// SumUp's cloud says that a reader is back.
    /// </summary>
    public static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(15);

    /// <summary>Why a reader cannot be told now, or null; the cloud decides that for its own readers.</summary>
    public static Refusal? CheckReader(BoardLine line) => line.Cloud is not null
        ? null
        : SettingsRules.CheckDevice(line.State.Status.Online, HolderOf(line.State.Open), line.Firmware);

    /// <summary>
    /// Whether there is something to wait for: a device of Fleet's own that is not connected tells its settings when
    /// it is back.
    /// </summary>
    public static bool MayWait(BoardLine line) => line.Cloud is not null || line.State.Status.Online;

    /// <summary>Whether it is likely to take its settings now.</summary>
    public bool IsReady(BoardLine line) =>
        line.PresenceAt(time.Now()) is Presence.Free && !line.IsUnknownAt(time.Now());

    /// <summary>Now, on the clock of <see cref="PauseAfter"/>.</summary>
    public long Timestamp => time.GetTimestamp();

    /// <summary>
    /// How long not to tell a device again that says that it has other settings: it may always say so.
    /// </summary>
    /// <param name="toldAt">When it was told last on this connection; null for never.</param>
    public TimeSpan PauseAfter(long? toldAt) => toldAt is { } before && time.GetElapsedTime(before) < AgainAfter
        ? AgainAfter - time.GetElapsedTime(before)
        : TimeSpan.Zero;

    /// <summary>A first try, and more of them while the grain is active, which it stays for them.</summary>
    public static GrainTimerCreationOptions TimingFrom(TimeSpan due) =>
        new() { DueTime = due, Period = AgainAfter, KeepAlive = true };

    /// <summary>Tells a reader what to apply; null when its device has applied it.</summary>
    public async Task<Refusal?> Tell(BoardLine line, MenuLock wanted)
    {
        if (line.Cloud is { } cloud) return await TellCloud(AccountOf(line), cloud, wanted);
        if (CheckReader(line) is { } early) return early;
        if (await links.FindAttachment(line.ReaderId) is not { } link) return Refusal.ReaderOffline;
        var passcode = passcodes.OpenPasscode(line.Pairing.MerchantCode, wanted);
        return await links.ConfigureDevice(link, new(wanted.Enabled, passcode)) switch
        {
            { Outcome: ActOutcome.NotWilling } => Refusal.SettingsUnsupported,
            { Outcome: ActOutcome.Gone or ActOutcome.TooMany } => Refusal.ReaderOffline,
            { Configured.Refused: not null } => Refusal.SettingsRefused,
            { Configured: not null } => null,
            _ => Refusal.SettingsUnknown,
        };
    }

    private static async Task<Refusal?> TellCloud(ICloudAccountGrain account, CloudReader reader, MenuLock wanted)
    {
        try
        {
            return await account.ChangeSettings(reader.CloudReaderId, wanted);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return Refusal.SettingsUnknown; // the node of the account may have sent it
        }
    }

    /// <summary>The settings that SumUp's cloud has of its reader; null for a device of Fleet's own.</summary>
    public async Task<CloudSettingsReply?> ReadCloud(BoardLine line) =>
        line.Cloud is { } cloud ? await AccountOf(line).ReadSettings(cloud.CloudReaderId) : null;

    private ICloudAccountGrain AccountOf(BoardLine line) =>
        grains.GetGrain<ICloudAccountGrain>(line.Pairing.MerchantCode);

    private static Holder? HolderOf(OpenCheckout? open) => open is null ? null : new(open.Id, open.State, Until: null);
}
