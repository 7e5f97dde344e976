using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class SettingsAnswerSpecs
{
    [Theory]
    [InlineData(200, true, null)]
    [InlineData(204, true, null)]
    [InlineData(200, false, RefusalCode.SettingsUnknown)]
    [InlineData(408, false, RefusalCode.SettingsUnknown)]
    [InlineData(500, false, RefusalCode.SettingsUnknown)]
    [InlineData(504, false, RefusalCode.SettingsUnknown)]
    [InlineData(400, false, RefusalCode.ProviderRefused)]
    [InlineData(401, false, RefusalCode.ProviderRefused)]
    [InlineData(404, false, RefusalCode.ProviderRefused)]
    [InlineData(422, false, RefusalCode.ProviderRefused)]
    [InlineData(429, false, RefusalCode.ProviderRefused)]
    public void Only_a_clear_yes_is_applied_and_only_no_refused(int status, bool isApplied, RefusalCode? told) =>
        Assert.Equal(told, SettingsAnswerRules.SortChange(new(status), isApplied)?.Code);

    [Theory]
    [InlineData(TransportFailure.NeverSent, RefusalCode.ProviderUnavailable)]
    [InlineData(TransportFailure.TimedOut, RefusalCode.SettingsUnknown)]
    [InlineData(TransportFailure.Broken, RefusalCode.SettingsUnknown)]
    public void Nothing_that_was_lost_is_taken_for_a_no(TransportFailure failure, RefusalCode told) =>
        Assert.Equal(told, SettingsAnswerRules.SortChange(new(null, failure), isApplied: false)?.Code);

    [Fact]
    public void An_answer_that_is_missing_is_told_as_unknown() => Assert.Equal(
        RefusalCode.SettingsUnknown, SettingsAnswerRules.SortChange(new(null), isApplied: false)?.Code);

    [Fact]
    public void A_refusal_tells_the_clouds_type_never_its_sentence()
    {
        static Refusal? Sort(CreateAnswer answer) => SettingsAnswerRules.SortChange(answer, isApplied: false);
        Assert.Equal(Refusal.ReaderOffline, Sort(new(422, Type: "READER_OFFLINE")));
        Assert.Equal(Refusal.ReaderOffline, Sort(new(422, Detail: "The device is offline")));
        Assert.Equal(Refusal.ProviderRefused("validation-error"), Sort(new(422, Detail: "1234", NamesFields: true)));
        Assert.Equal(Refusal.ProviderRefused("unprocessable-entity"), Sort(new(422, Detail: "1234")));
        Assert.Equal(Refusal.ProviderRefused("too-many-requests"), Sort(new(429)));
        Assert.Equal(Refusal.ProviderRefused("other"), Sort(new(422, Type: "OTHER")));
    }

    [Theory]
    [InlineData(404, RefusalCode.NotFound)]
    [InlineData(401, RefusalCode.ProviderRefused)]
    [InlineData(403, RefusalCode.ProviderRefused)]
    [InlineData(500, RefusalCode.ProviderUnavailable)]
    public void A_read_without_settings_says_why_it_has_none(int status, RefusalCode told) =>
        Assert.Equal(told, SettingsAnswerRules.SortRead(new(status)).Code);
}
