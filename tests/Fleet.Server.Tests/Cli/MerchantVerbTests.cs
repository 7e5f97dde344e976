namespace Fleet.Server.Tests;

/// <summary>A merchant is linked with SumUp from the command line; SumUp is a stand-in.</summary>
public sealed class MerchantVerbTests : IAsyncLifetime
{
    private const string Link = $"merchants link {FleetApp.LiveMerchant}";

    private CloudStandIn? _cloud;
    private FleetApp? _fleet;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("It is not running.");

    private CloudStandIn Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    private Shell Shell => new(Fleet, FleetApp.LiveKey);

    public async ValueTask InitializeAsync()
    {
        _cloud = await CloudStandIn.Start(TimeProvider.System);
        _cloud.Usually(LinkCalls.AnswerTrial);
        _fleet = await FleetApp.Start(null, Connector.AddressOf(_cloud.Url));
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    [Fact]
    public async Task A_merchant_is_tried_linked_shown_and_unlinked()
    {
        var keys = $"--api-key-file {await Kept(LinkCalls.Secret)} --affiliate-app-id app "
            + $"--affiliate-key-file {await Kept(LinkCalls.AffiliateSecret)}";
        var tried = await Shell.Run($"{Link} {keys} --dry-run");
        Assert.Equal((0, "It would be linked. Nothing was changed.\n"), (tried.Code, tried.Error));
        Assert.Matches("^PERMISSION .*\nreaders.read +granted\n.*\n.*\nreaders.write +not tried\n", tried.Out);
        Assert.Contains("device",
            await Shell.Does($"merchants show {FleetApp.LiveMerchant}"), StringComparison.Ordinal);

        var linked = await Shell.Run($"{Link} {keys} --rate 7 --burst 9");
        Assert.Equal(0, linked.Code);
        Assert.StartsWith($"{FleetApp.LiveMerchant} is linked with SumUp by key ", linked.Error,
            StringComparison.Ordinal);
        Assert.Matches("budget +7 per second, 9 at once; [0-9] left, 0 waiting\n",
            await Shell.Does($"merchants show {FleetApp.LiveMerchant}"));
        Assert.Matches($"{FleetApp.LiveMerchant} +live +active +configuration +sumup +working\n",
            await Shell.Does("merchant list"));
        Assert.Equal($"{FleetApp.LiveMerchant} is not linked with SumUp.\n",
            await Shell.Does($"merchants unlink {FleetApp.LiveMerchant}"));
    }

    [Fact]
    public async Task A_merchant_that_the_variable_names_already_can_be_made()
    {
        var shell = new Shell(Fleet, FleetApp.ChainKey) { Variables = { ["MERCHANT"] = "MNEW0009" } };

        Assert.Contains("Merchant MNEW0009 is made.", await shell.Does("merchants create MNEW0009 --sandbox"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_one_merchant_that_makes_another_is_told_which_key_may()
    {
        var refused = await Shell.Run("merchants create MNEW0001");

        Assert.Equal(3, refused.Code);
        Assert.Contains("This key is for one merchant, and this is about the whole chain.", refused.Error,
            StringComparison.Ordinal);
        Assert.Contains("a key of Fleet:Keys may do more", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_comes_from_standard_input_or_the_environment()
    {
        await Shell.Does($"{Link} --api-key-file - --affiliate-app-id app --affiliate-key-file {await Kept("afk")}",
            $"{LinkCalls.Secret}\n");
        Assert.All(Cloud.Requests, one => Assert.Equal($"Bearer {LinkCalls.Secret}", one.Headers["Authorization"]));
        var shell = Shell;
        shell.Variables["SUMUP_API_KEY"] = "other";
        await shell.Does(Link); // the affiliate stays
        Assert.Equal("Bearer other", Cloud.Requests[^1].Headers["Authorization"]);
    }

    [Fact]
    public async Task A_key_that_is_refused_is_told_by_its_permissions_and_its_exit_code()
    {
        Cloud.Usually(http => http.Request.Path.Value?.EndsWith("/history", StringComparison.Ordinal) is true
            ? CloudStandIn.Write(http, 403, "{}") : LinkCalls.AnswerTrial(http));
        var keys = $"--api-key-file {await Kept("k")} --affiliate-app-id app --affiliate-key-file {await Kept("afk")}";
        var tried = await Shell.Run($"{Link} {keys} --dry-run");
        var refused = await Shell.Run($"{Link} {keys}");

        Assert.Equal((1, 1), (tried.Code, refused.Code));
        Assert.Matches("transactions.history +missing\n", tried.Out);
        Assert.Equal("It would be refused: api_key lacks the permission transactions.history.\n", tried.Error);
        Assert.Contains("  api_key lacks the permission transactions.history\n", refused.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Link, "There is no API key.")]
    [InlineData($"{Link} --api-key-file - --affiliate-key-file -", "Only one of the two keys")]
    [InlineData($"{Link} --api-key-file /no/such/file", "--api-key-file: ")]
    [InlineData($"{Link} --rate 101", "--rate must be a whole number from 1 to 100")]
    public async Task Wrong_usage_asks_nothing(string line, string told)
    {
        var ran = await Shell.Run(line);

        Assert.Equal(2, ran.Code);
        Assert.Contains(told, ran.Error, StringComparison.Ordinal);
        Assert.Empty(Cloud.Requests);
    }

    private async Task<string> Kept(string key)
    {
        var path = Path.Combine(Fleet.Folder, $"{Guid.NewGuid():N}.key");
        await File.WriteAllTextAsync(path, $"{key}\n", TestContext.Current.CancellationToken);
        return path;
    }
}
