using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>One box finds everything.</summary>
public sealed class SearchPageTests(SearchPageTests.Shop shop) : IClassFixture<SearchPageTests.Shop>
{
    private FleetApp Fleet => shop.Fleet;

    [Theory]
    [InlineData("checkout")]
    [InlineData("client")]
    [InlineData("code")]
    [InlineData("reference")]
    [InlineData("*4242")]
    [InlineData("31.07 eur")]
    [InlineData("3107 09:05")]
    [InlineData("31,07 2026-03-01")]
    public async Task Each_name_of_a_payment_leads_to_its_page(string kind)
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Open($"search?q={WebUtility.UrlEncode(shop.NameOf(kind))}");

        Assert.EndsWith($"m/{FleetApp.Merchant}/checkouts/{shop.Checkout}", page.At.ToString());
        Assert.Contains("Yes. 31.07 EUR was charged.", page.Text);
    }

    [Fact]
    public async Task A_reader_is_found_by_its_id_by_its_serial_and_by_a_part_of_its_name()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        foreach (var text in new[] { shop.Device.ReaderId, shop.Device.Serial.ToLowerInvariant(), "window" })
        {
            var found = await visitor.Open($"search.json?q={text}");
            Assert.Contains($"m/{FleetApp.Merchant}/readers/{shop.Device.ReaderId}", found.Text);
        }
    }

    [Fact]
    public async Task Several_payments_of_an_amount_are_a_list_that_says_how_far_it_looked()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Open("search?q=12.00");

        Assert.Contains("Payments were searched from 2026-02-26 09:", page.Text);
        Assert.Equal(2, page.Text.Split("data-name=\"Sale\"").Length - 1);
        var earlier = await visitor.Open("search?q=12.00+08:00");
        Assert.Contains("Nothing was found.", earlier.Text);
        Assert.Contains("from 2026-03-01 07:45 +00:00 to 2026-03-01 08:15 +00:00",
            WebUtility.HtmlDecode(earlier.Text));
        var later = await visitor.Open("search?q=12.00+23:00&zone=60");
        Assert.Contains("from 2026-02-28 22:45 +01:00 to 2026-02-28 23:15 +01:00",
            WebUtility.HtmlDecode(later.Text));
    }

    [Fact]
    public async Task A_store_is_found_by_its_name()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);

        var found = await visitor.Open("search.json?q=the+HARBOUR");
        Assert.Contains($"m/{FleetApp.Merchant}/stores/harbour", found.Text);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("%00")]
    [InlineData("' OR 1=1 --")]
    [InlineData("9999999999999999999 99:99")]
    public async Task What_is_nowhere_is_said_to_be_nowhere(string text)
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Open($"search?q={(text.StartsWith('%') ? text : WebUtility.UrlEncode(text))}");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("Nothing was found.", page.Text);
        Assert.DoesNotContain("<script>alert", page.Text);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);

        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.Open($"search?q={new string('x', 201)}")).Status);
    }

    [Fact]
    public async Task The_head_office_finds_an_id_in_all_merchants_and_chooses_one_for_an_amount()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.ChainKey);
        var page = await visitor.Open($"search?q={shop.Checkout}");
        Assert.EndsWith($"m/{FleetApp.Merchant}/checkouts/{shop.Checkout}", page.At.ToString());

        var choice = await visitor.Open("search?q=31.07");
        Assert.Contains("choose it", choice.Text);
        Assert.Contains($"merchant={FleetApp.Merchant}", choice.Text);
        var found = await visitor.Open($"search?q=31.07&merchant={FleetApp.Merchant}");
        Assert.EndsWith($"checkouts/{shop.Checkout}", found.At.ToString());
        Assert.Contains(shop.Device.ReaderId, (await visitor.Open("search.json?q=window")).Text);
        Assert.Contains($"m/{FleetApp.OtherMerchant}\"", (await visitor.Open("search.json?q=MOTHER")).Text);
    }

    [Fact]
    public async Task Nobody_finds_what_the_key_does_not_reach()
    {
        var store = await Fleet.Till.MakeKey(new
        {
            name = "harbour",
            scopes = new[] { "transactions.read", "checkouts.read", "readers.read" },
            store = "harbour",
        });
        using var other = await Visitor.SignIn(Fleet, FleetApp.OtherKey);
        using var clerk = await Visitor.SignIn(Fleet, store.Key);
        foreach (var kind in new[] { "checkout", "client", "code", "reference", "31.07", "reader" })
        {
            var path = $"search?q={WebUtility.UrlEncode(shop.NameOf(kind))}";
            Assert.Contains("Nothing was found.", (await other.Open(path)).Text);
            Assert.Contains("Nothing was found.", (await clerk.Open(path)).Text);
        }
        var asked = await other.Open($"search?q=31.07&merchant={FleetApp.Merchant}");
        Assert.Contains("Nothing was found.", asked.Text); // the key has its own merchant
    }

    [Fact]
    public async Task A_key_for_readers_finds_readers_and_no_payments()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.ReadOnlyKey);

        Assert.Contains(shop.Device.ReaderId, (await visitor.Open("search.json?q=window")).Text);
        Assert.Contains("Nothing was found.", (await visitor.Open($"search?q={shop.Checkout}")).Text);
    }

    /// <summary>A node with a payment of 31.07 EUR, two of 12.00 EUR, and a second store.</summary>
    public sealed class Shop : IAsyncLifetime
    {
        private TestDevice? _device;

        public FleetApp Fleet { get; } = new();

        public TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

        public Guid Checkout { get; private set; }

        private string Code { get; set; } = "";

        private string Client { get; set; } = "";

        public async ValueTask InitializeAsync()
        {
            await Fleet.InitializeAsync();
            _device = await Fleet.PairedDevice("By the window");
            using var made = await Fleet.Till.Post(
                "/fleet/v1/stores", new { store = "harbour", name = "At the harbour" });
            Checkout = await Pay(3107, "sale/77 <b>", "4242");
            await Pay(1200, "sale/78", "1881");
            await Pay(1200, "sale/79", "1882");
            using var answer =
                await Fleet.Till.Get($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={Checkout}");
            var transaction = await answer.Json();
            (Code, Client) = (transaction.Text("transaction_code"), transaction.Text("client_transaction_id"));
        }

        public async ValueTask DisposeAsync()
        {
            await Device.DisposeAsync();
            await Fleet.DisposeAsync();
        }

        public string NameOf(string kind) => kind switch
        {
            "checkout" => $"{Checkout}",
            "client" => Client,
            "code" => Code.ToLowerInvariant(),
            "reference" => "sale/77 <b>",
            "reader" => Device.ReaderId,
            _ => kind,
        };

        private async Task<Guid> Pay(long value, string reference, string card)
        {
            var id = await Fleet.Till.Charge(Device.ReaderId, new
            {
                total_amount = new { currency = "EUR", minor_unit = 2, value },
                affiliate = new { app_id = "app", key = "afk", foreign_transaction_id = reference },
            });
            Assert.True(await Device.AskStart(id));
            await Device.Report(new Result(
                Device.Epoch, id, Outcomes.Approved, null, value, 0, new PresentedCard(card, "VISA", "chip", null)));
            return id;
        }
    }
}
