using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

public sealed class SettingsSpecs
{
    private static readonly MenuLock Own = new(true, "own"), Said = new(true, "said");

    private static readonly SettingsRecord Both = new() { Own = Own, OfStore = new("bar", Said) };

    [Theory]
    [InlineData("1234", true)]
    [InlineData("0000", true)]
    [InlineData("123", false)]
    [InlineData("12345", false)]
    [InlineData("12a4", false)]
    [InlineData("١٢٣٤", false)]
    [InlineData("", false)]
    public void A_passcode_has_four_digits_and_nothing_else(string text, bool good) =>
        Assert.Equal(good, SettingsRules.IsPasscode(text));

    [Theory]
    [InlineData(true, null, "")]
    [InlineData(false, "1234", "")]
    [InlineData(true, "1234", "")]
    [InlineData(false, null, "menu_lock must have enabled, passcode or both")]
    [InlineData(true, "secret", "menu_lock.passcode must have four digits")]
    public void A_menu_lock_says_something_and_messages_repeat_no_passcode(bool enabled, string? passcode, string wrong)
    {
        var fields = new FieldCheck();
        fields.CheckMenuLock(enabled, passcode);
        Assert.Equal(wrong, string.Join("; ", fields.Errors.Select(error => $"{error.Field} {error.Message}")));
    }

    [Fact]
    public void What_a_change_does_not_say_stays_as_before()
    {
        Assert.Equal(new(false, "a"), SettingsRules.ChangeLock(new(false), new(true, "a")).Next);
        Assert.Equal(new(true, "b"), SettingsRules.ChangeLock(new(null, "b"), new(true, "a")).Next);
        Assert.Equal(new(false), SettingsRules.ChangeLock(new(false), null).Next);
    }

    [Fact]
    public void A_menu_that_is_locked_needs_a_passcode()
    {
        var (next, refusal) = SettingsRules.ChangeLock(new(true), new(false));
        Assert.Null(next);
        Assert.Equal("menu_lock.passcode", Assert.Single(refusal?.Fields ?? []).Field);
        Assert.NotNull(SettingsRules.ChangeLock(new(true), null).Refusal);
        Assert.Null(SettingsRules.ChangeLock(new(true), new(false, "a")).Refusal);
    }

    [Fact]
    public void A_reader_has_its_own_settings_before_its_stores()
    {
        Assert.Equal((Own, SettingsSource.Reader), SettingsRules.FindWanted(Both, "bar"));
        Assert.Equal((Said, SettingsSource.Store), SettingsRules.FindWanted(Both with { Own = null }, "bar"));
        Assert.Equal((null, SettingsSource.None), SettingsRules.FindWanted(Both with { Own = null }, "shop"));
        Assert.Equal(
            (null, SettingsSource.None), SettingsRules.FindWanted(new() { OfStore = new("bar", null) }, "bar"));
        Assert.Equal((null, SettingsSource.None), SettingsRules.FindWanted(new(), "bar"));
    }

    [Fact]
    public void Settings_are_applied_when_the_device_has_what_is_wanted()
    {
        Assert.Equal(SettingsState.None, SettingsRules.StateOf(null, fits: false, isRefused: true));
        Assert.Equal(SettingsState.Applied, SettingsRules.StateOf(Own, fits: true, isRefused: true));
        Assert.Equal(SettingsState.Refused, SettingsRules.StateOf(Own, fits: false, isRefused: true));
        Assert.Equal(SettingsState.Pending, SettingsRules.StateOf(Own, fits: false, isRefused: false));
    }

    [Fact]
    public void A_device_is_told_online_and_free_with_new_firmware()
    {
        var holder = new Holder(Guid.NewGuid(), CheckoutState.Started, null);
        Assert.Null(SettingsRules.CheckDevice(true, null, "3.3.44.0"));
        Assert.Null(SettingsRules.CheckDevice(true, null, "3.4"));
        Assert.Equal(Refusal.ReaderOffline, SettingsRules.CheckDevice(false, holder, "1"));
        Assert.Equal(RefusalCode.SettingsUnsupported, SettingsRules.CheckDevice(true, holder, "3.3.43.9")?.Code);
        Assert.Equal(Refusal.ReaderBusy(holder), SettingsRules.CheckDevice(true, holder, "3.3.44.0"));
    }

    [Fact]
    public void A_device_that_refused_is_not_told_again_soon()
    {
        Assert.True(SettingsRules.IsFinal(new(RefusalCode.SettingsRefused)));
        Assert.True(SettingsRules.IsFinal(Refusal.SettingsUnsupported));
        Assert.True(SettingsRules.IsFinal(Refusal.ProviderRefused("forbidden")));
        Assert.False(SettingsRules.IsFinal(Refusal.SettingsUnknown));
        Assert.False(SettingsRules.IsFinal(Refusal.ReaderOffline));
    }

    [Fact]
    public void A_store_tells_each_reader_and_those_that_come()
    {
        var record = StoreRules.AddReader(new(), "a");
        Assert.Empty(record.Untold);
        (record, var refusal) = StoreRules.ChangeMenuLock(record, Said);
        Assert.Null(refusal);
        Assert.Equal(["a", "b"], StoreRules.AddReader(record, "b").Untold);
        Assert.Empty(StoreRules.RemoveReader(record, "a").Untold);
        Assert.Empty(StoreRules.MarkTold(record, Said, new HashSet<string> { "a" }).Untold);
        Assert.Equal(["a"], StoreRules.MarkTold(record, Own, new HashSet<string> { "a" }).Untold);
        Assert.Equal((null, 1), StoreRules.ChangeMenuLock(record, null) is var (next, _)
            ? (next.MenuLock, next.Untold.Count) : default);
        Assert.NotNull(StoreRules.ChangeMenuLock(new(), new(true)).Refusal);
    }

    [Fact]
    public void A_text_of_a_lock_shows_no_sealed_passcode()
    {
        Assert.Equal("enabled: True, passcode: sealed", $"{Own}");
        Assert.Equal("passcode", new MenuLock(null, "own").Fields);
        Assert.Equal("enabled passcode", Own.Fields);
    }
}
