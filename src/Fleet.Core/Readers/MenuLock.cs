using Orleans;

namespace Fleet.Core.Readers;

/// <summary>
/// The lock of a reader's menu: while it is on, the menu asks for a passcode. The passcode is sealed by the node that
/// takes it and opened by the node that tells it, so that it is readable nowhere else.
/// </summary>
/// <param name="Enabled">Whether the menu is locked; null when that is not said.</param>
/// <param name="SealedPasscode">The sealed passcode; null when none is said.</param>
[GenerateSerializer, Immutable, Alias("fleet.menu-lock")]
public sealed record MenuLock([property: Id(0)] bool? Enabled = null, [property: Id(1)] string? SealedPasscode = null)
{
    /// <summary>The fields that are said, for the audit.</summary>
    public string Fields => string.Join(' ', new[]
    {
        Enabled is null ? null : "enabled", SealedPasscode is null ? null : "passcode",
    }.OfType<string>());

    /// <summary>What is said, without the passcode.</summary>
    public override string ToString() =>
        $"enabled: {Enabled}, passcode: {(SealedPasscode is null ? "none" : "sealed")}";

    /// <summary>This one, and where it says nothing, another one.</summary>
    public MenuLock Over(MenuLock? other) =>
        new(Enabled ?? other?.Enabled, SealedPasscode ?? other?.SealedPasscode);
}

/// <summary>What a store says of the menus of its readers.</summary>
/// <param name="Store">The store.</param>
/// <param name="MenuLock">What it says; null for nothing.</param>
public sealed record StoreMenuLock(string Store, MenuLock? MenuLock);

/// <summary>Where the settings that a reader should have come from.</summary>
public enum SettingsSource
{
    /// <summary>There are none: Fleet changes nothing on the device.</summary>
    None,

    /// <summary>They were set at the reader.</summary>
    Reader,

    /// <summary>They were set at its store.</summary>
    Store,
}

/// <summary>Whether the device has the settings that it should have.</summary>
public enum SettingsState
{
    /// <summary>It should have none.</summary>
    None,

    /// <summary>It has them, as far as it told.</summary>
    Applied,

    /// <summary>It does not have them yet, or it is not known whether it has them.</summary>
    Pending,

    /// <summary>It refused them.</summary>
    Refused,
}

/// <summary>The saved settings of a reader.</summary>
public sealed record SettingsRecord
{
    /// <summary>The merchant for which the passcodes are sealed; null before the first setting.</summary>
    public string? MerchantCode { get; init; }

    /// <summary>What was set at the reader; null when it has what its store says.</summary>
    public MenuLock? Own { get; init; }

    /// <summary>What its store said last; it counts only while the reader is in that store.</summary>
    public StoreMenuLock? OfStore { get; init; }

    /// <summary>What the device has, as it told last or as it was changed last; null when it never told.</summary>
    public MenuLock? OnDevice { get; init; }

    /// <summary>Whether the device refused what it should have.</summary>
    public bool Refused { get; init; }
}
