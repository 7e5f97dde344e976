using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

/// <summary>Which keys of SumUp's are kept, and what is told of them.</summary>
public sealed class LinkRuleSpecs
{
    private const string Mine = "MMINE001", Other = "MOTHER01";

    [Fact]
    public void A_key_that_reads_all_links_its_merchant() => Assert.Null(Judge(200, 200, 200));

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(null)]
    public void A_key_without_the_profile_links_its_merchant(int? profile) => Assert.Null(Judge(200, 200, profile));

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public void A_key_that_is_refused_everywhere_is_wrong(int status) => Assert.Equal(
        "api_key is not accepted by SumUp for this merchant", Wrong(Judge(status, status, status)));

    [Fact]
    public void A_key_whose_profile_names_another_merchant_is_wrong() =>
        Assert.Equal("api_key is the key of another merchant", Wrong(Judge(200, 200, 200, Other)));

    [Theory]
    [InlineData(403, 200, "api_key lacks the permission readers.read")]
    [InlineData(200, 401, "api_key lacks the permission transactions.history")]
    [InlineData(404, null, "api_key lacks the permission readers.read")]
    [InlineData(403, 403, "api_key lacks the permission readers.read, "
        + "api_key lacks the permission transactions.history")]
    public void Each_permission_that_is_missing_is_told(int? readers, int? history, string told) =>
        Assert.Equal(told, Wrong(Judge(readers, history, 200)));

    [Theory]
    [InlineData(null, 200)]
    [InlineData(200, null)]
    [InlineData(429, 200)]
    [InlineData(200, 502)]
    [InlineData(302, 200)]
    public void A_key_that_could_not_be_tried_is_not_kept(int? readers, int? history) =>
        Assert.Equal(Refusal.ProviderUnavailable, Judge(readers, history, 200));

    [Fact]
    public void What_was_tried_and_what_was_not_is_told() => Assert.Equal(
        [
            new("readers.read", PermissionState.Granted),
            new("transactions.history", PermissionState.Missing),
            new("user.profile_readonly", PermissionState.Unreachable),
            new("readers.write", PermissionState.NotTried),
            new("refunds.write", PermissionState.NotTried),
        ],
        LinkRules.ListPermissions(Reads(200, 403, null)));

    private static Refusal? Judge(int? readers, int? history, int? profile, string named = Mine) =>
        LinkRules.JudgeKey(Reads(readers, history, profile, named), Mine);

    private static KeyRead[] Reads(int? readers, int? history, int? profile, string named = Mine) =>
    [
        new(LinkRules.ReadersRead, readers), new(LinkRules.HistoryRead, history),
        new(LinkRules.ProfileRead, profile, profile == 200 ? named : null),
    ];

    private static string Wrong(Refusal? refusal) =>
        string.Join(", ", (refusal?.Fields ?? []).Select(one => $"{one.Field} {one.Message}"));
}
