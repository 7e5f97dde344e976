using Fleet.Core;
using Fleet.Core.Readers;
using Orleans.Concurrency;

namespace Fleet.Server.Grains;

/// <summary>
/// The settings of one reader: what it should have, and what its device has. In contrast to the reader it may wait for
/// the device, because no payment waits for it.
/// </summary>
[Alias("fleet.reader-settings-grain")]
internal interface IReaderSettingsGrain : IGrainWithStringKey
{
    // Calls of merchants.

    /// <summary>What is known of the settings. It does not wait for a call that waits for the device.</summary>
    [Alias("show"), AlwaysInterleave]
    Task<SettingsReply> ShowSettings(Reach caller);

    /// <summary>The settings that SumUp's cloud has of its reader, or if it cannot be asked what is known.</summary>
    [Alias("read"), ResponseTimeout("00:00:30")]
    Task<SettingsReply> ReadSettings(Reach caller);

    /// <summary>
    /// Changes the settings of the device now, or not at all: there is no refusal once it has applied them. What is
    /// not said stays as it is. If it is not known whether the device applied them, they stay wanted.
    /// </summary>
    [Alias("apply"), ResponseTimeout("00:00:40")]
    Task<SettingsReply> ApplySettings(Reach caller, MenuLock change);

    /// <summary>
    /// Sets what the reader should have, also while it is offline; null to have what its store says again. The device
    /// is told as soon as it can be.
    /// </summary>
    [Alias("want"), ResponseTimeout("00:00:40")]
    Task<SettingsReply> WantSettings(Reach caller, MenuLock? change);

    // Calls of its store, its device and its reader.

    /// <summary>
    /// Takes what a store says; false when there is no such reader yet, so that the store says it again.
    /// </summary>
    [Alias("take-store")]
    Task<bool> TakeStoreLock(string store, MenuLock? menuLock);

    /// <summary>Takes what the device told over a connection.</summary>
    [Alias("report"), OneWay]
    Task ReportSettings(Attachment link, MenuLock onDevice);

    /// <summary>The pairing is over: all is forgotten.</summary>
    [Alias("forget"), OneWay]
    Task ForgetSettings();
}

/// <summary>The settings of a reader, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.settings-reply")]
internal sealed record SettingsReply(
    [property: Id(0)] ReaderSettings? Settings, [property: Id(1)] Refusal? Refusal = null)
{
    public static SettingsReply ForRefusal(Refusal refusal) => new(null, refusal);
}

/// <summary>The settings of a reader.</summary>
/// <param name="MerchantCode">The merchant for which passcodes are sealed.</param>
/// <param name="Wanted">What it should have; null for nothing.</param>
/// <param name="Source">Where that comes from.</param>
/// <param name="State">Whether the device has it.</param>
/// <param name="OnDevice">What the device has, as far as is known; null when it never told.</param>
/// <param name="IsOfCloud">Whether SumUp's cloud has the reader, and can be asked.</param>
[GenerateSerializer, Immutable, Alias("fleet.reader-settings")]
internal sealed record ReaderSettings(
    [property: Id(0)] string MerchantCode, [property: Id(1)] MenuLock? Wanted, [property: Id(2)] SettingsSource Source,
    [property: Id(3)] SettingsState State, [property: Id(4)] MenuLock? OnDevice,
    [property: Id(5)] bool IsOfCloud = false);
