using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>The list of payments and refunds, with its totals and its file.</summary>
public sealed class HistoryPageTests : IAsyncLifetime
{
    private const string Page = $"m/{FleetApp.Merchant}/transactions", File = Page + ".csv";

    private readonly FleetApp _fleet = new();
    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync()
    {
        await _fleet.InitializeAsync();
        _device = await _fleet.PairedDevice();
    }

    public async ValueTask DisposeAsync()
    {
        await Device.DisposeAsync();
        await _fleet.DisposeAsync();
    }

    [Fact]
    public async Task A_day_shows_its_totals_and_its_payments_with_ways_to_them()
    {
        var first = await Pay(1500);
        await Pay(2599);
        using var visitor = await Visitor.SignIn(_fleet, FleetApp.Key);
        var page = await visitor.Open(Page);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("<b>40.99 EUR</b> charged in 2 payments", page.Text);
        Assert.Contains($"href=\"m/{FleetApp.Merchant}/checkouts/{first}\"", page.Text);
        Assert.True(page.Text.IndexOf("25.99 EUR", StringComparison.Ordinal)
            < page.Text.LastIndexOf("15.00 EUR", StringComparison.Ordinal)); // the newest first
        Assert.Contains("\"amount\": \"25.99\"", Spaced((await visitor.Open(Page + ".json")).Text));
    }

    [Theory]
    [InlineData("least=20", "25.99")]
    [InlineData("most=15,00", "15.00")]
    [InlineData("card=4242", "25.99")]
    [InlineData("least=15&most=15&store=default&status=successful&kind=payment", "15.00")]
    public async Task A_filter_leaves_only_what_fits(string filter, string amount)
    {
        await Pay(1500);
        await Pay(2599, "4242");
        using var visitor = await Visitor.SignIn(_fleet, FleetApp.Key);
        var rows = Rows((await visitor.Open($"{File}?{filter}")).Text);

        Assert.Contains($",payment,successful,{amount},EUR,", Assert.Single(rows));
        Assert.Single((await visitor.Open($"{Page}?{filter}")).Text.Split("data-name=\"Sale\"")[1..]);
    }

    [Fact]
    public async Task Pages_go_on_where_the_last_one_ended()
    {
        for (var i = 1; i <= 52; i++) await Pay(1000 + i);
        using var visitor = await Visitor.SignIn(_fleet, FleetApp.Key);
        var page = await visitor.Open(Page);
        var next = page.Text.Split("rel=\"next\" href=\"")[1].Split('"')[0];
        var rest = await visitor.Open(WebUtility.HtmlDecode(next));

        Assert.Equal(50, page.Text.Split("data-name=\"Sale\"").Length - 1);
        Assert.Equal(2, rest.Text.Split("data-name=\"Sale\"").Length - 1);
        Assert.Contains("10.01 EUR", rest.Text);
        Assert.DoesNotContain("rel=\"next\"", rest.Text);
        Assert.Equal(52, Rows((await visitor.Open(File)).Text).Length);
    }

    [Fact]
    public async Task A_file_has_no_formulas_and_keeps_quotes_and_commas()
    {
        await Pay(1500, description: "=HYPERLINK(\"http://bad\",\"x\")");
        using var visitor = await Visitor.SignIn(_fleet, FleetApp.Key);
        var file = await visitor.Open(File);

        Assert.Contains("\"'=HYPERLINK(\"\"http://bad\"\",\"\"x\"\")\"", Assert.Single(Rows(file.Text)));
    }

    [Fact]
    public async Task Texts_of_a_till_are_no_markup()
    {
        await Pay(1500, description: "<script>alert(1)</script>");
        using var visitor = await Visitor.SignIn(_fleet, FleetApp.Key);

        Assert.Contains("&lt;script&gt;alert(1)", (await visitor.Open(Page)).Text);
    }

    [Theory]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=0001-01-01", "to")]
    [InlineData("from=2026-03-02&to=2026-03-01", "from")]
    [InlineData("least=x", "least")]
    [InlineData("status=odd", "status")]
    [InlineData("kind=odd", "kind")]
    [InlineData("before=x", "before")]
    public async Task A_wrong_filter_is_named(string filter, string field)
    {
        using var visitor = await Visitor.SignIn(_fleet, FleetApp.Key);
        foreach (var path in new[] { Page, File })
        {
            var page = await visitor.Open($"{path}?{filter}");
            Assert.Equal(HttpStatusCode.BadRequest, page.Status);
            Assert.Contains($"<strong>{field}</strong>", page.Text);
        }
    }

    [Fact]
    public async Task Neither_another_merchants_key_nor_one_of_a_store_nor_one_without_the_scope_sees_the_list()
    {
        using var other = await Visitor.SignIn(_fleet, FleetApp.OtherKey);
        var store = await _fleet.Till.MakeKey(
            new { name = "store", scopes = new[] { "transactions.read" }, store = "default" });
        using var clerk = await Visitor.SignIn(_fleet, store.Key);
        using var reader = await Visitor.SignIn(_fleet, FleetApp.ReadOnlyKey);
        foreach (var path in new[] { Page, File })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await other.Open(path)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await clerk.Open(path)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await reader.Open(path)).Status);
        }
        Assert.DoesNotContain("Transactions</a>", (await clerk.Open("sessions")).Text);
    }

    private async Task<Guid> Pay(long value, string? card = null, string? description = null)
    {
        var id = await _fleet.Till.Charge(
            Device.ReaderId, new { total_amount = new { currency = "EUR", minor_unit = 2, value }, description });
        Assert.True(await Device.AskStart(id));
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Approved, null, value, 0,
            card is null ? null : new PresentedCard(card, "VISA", "chip", null)));
        _fleet.Pass(1);
        return id;
    }

    private static string[] Rows(string file) => file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1..];

    private static string Spaced(string json) => json.Replace("\":\"", "\": \"", StringComparison.Ordinal);
}
