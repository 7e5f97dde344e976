using System.Net;
using Fleet.Protocol;
using UglyToad.PdfPig;

namespace Fleet.Server.Tests;

/// <summary>Receipts as a page and as a PDF: the header <c>Accept</c> decides.</summary>
public sealed class ReceiptTests(ReceiptTests.Shop shop) : IClassFixture<ReceiptTests.Shop>
{
    private const string Html = "text/html", Pdf = "application/pdf", Json = "application/json";

    [Theory]
    [InlineData(null, Json)]
    [InlineData("", Json)]
    [InlineData("*/*", Json)]
    [InlineData("application/json, text/plain, */*", Json)]
    [InlineData("application/problem+json, application/json", Json)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Html)]
    [InlineData("text/html;charset=utf-8", Html)]
    [InlineData("text/*", Html)]
    [InlineData("application/pdf", Pdf)]
    [InlineData("Application/PDF", Pdf)]
    [InlineData("application/*;q=0.5, application/json;q=0.1", Pdf)]
    [InlineData("text/html;q=0.2, application/pdf;q=0.7, application/json;q=0.1", Pdf)]
    [InlineData("application/json;q=0, */*;q=0.1", Html)]
    [InlineData("image/png", null)]
    [InlineData("text/html;q=0", null)]
    [InlineData("*/*;q=0", null)]
    public async Task What_the_caller_likes_best_is_answered(string? accept, string? mediaType)
    {
        using var answer = await shop.Receipt(accept);

        if (mediaType is null)
        {
            await answer.MustRefuse(406, code: "NOT_ACCEPTABLE");
            return;
        }
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(mediaType, answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["Accept"], answer.Headers.Vary);
    }

    [Fact]
    public async Task The_page_has_all_of_the_payment_no_script_and_nothing_that_is_not_escaped()
    {
        using var answer = await shop.Receipt(Html);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("<b>", page);
        Assert.Contains("<h1><bdi>K&#xF6;nig &lt;script&gt;alert(1)&lt;/script&gt; &amp; S&#xF6;hne</bdi></h1>", page);
        var text = WebUtility.HtmlDecode(page);
        foreach (var part in Shop.Parts) Assert.Contains(part, text);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy);
        Assert.Equal("no-store", $"{answer.Headers.CacheControl}");
    }

    [Fact]
    public async Task The_text_of_the_PDF_is_that_of_the_payment_also_in_Polish_and_Greek()
    {
        using var answer = await shop.Receipt(Pdf);
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        using var file = PdfDocument.Open(bytes);
        var text = string.Concat(file.GetPages().Select(page => page.Text)).Replace(" ", "");
        Assert.InRange(bytes.Length, 1_000, 60_000);
        foreach (var part in Shop.Parts) Assert.Contains(part.Replace(" ", ""), text);
        Assert.Contains("<script>alert(1)</script>", text);
        Assert.Contains("[U+4E2D]", text); // the font has no such letter, and none is lost without a word
    }

    [Fact]
    public async Task The_console_has_the_receipt_as_a_page_and_as_a_PDF_for_those_who_may()
    {
        using var visitor = await Visitor.SignIn(shop.Fleet, FleetApp.Key);
        var path = $"m/{FleetApp.Merchant}/checkouts/{shop.Paid}";

        Assert.Contains($"{path}/receipt.pdf", (await visitor.Open(path)).Text);
        Assert.Contains("Piekarnia", WebUtility.HtmlDecode((await visitor.Open($"{path}/receipt")).Text));
        Assert.StartsWith("%PDF-", (await visitor.Open($"{path}/receipt.pdf")).Text);
        using var reader = await Visitor.SignIn(shop.Fleet, FleetApp.ReadOnlyKey);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.Open($"{path}/receipt")).Status);
    }

    /// <summary>A node with a payment whose texts are hard to print.</summary>
    public sealed class Shop : IAsyncLifetime
    {
        public static readonly string[] Parts =
        [
            "MTILL001", "15.00 EUR", "1.50 EUR", "16.50 EUR", "SUCCESSFUL", "VISA **** 4242", "053201",
            "Piekarnia Żółć", "Φούρνος", "<b>", "till <1>", "no money was moved",
        ];

        private FleetApp? _fleet;

        public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

        public Guid Paid { get; private set; }

        public async ValueTask InitializeAsync()
        {
            _fleet = await FleetApp.Start(null, "--Fleet:Merchants:0:Name=König <script>alert(1)</script> & Söhne");
            await using var device = await Fleet.PairedDevice();
            Paid = await Fleet.Till.Charge(device.ReaderId, new
            {
                total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
                description = "Piekarnia Żółć, Φούρνος\n<b>中</b>", till = "till <1>", tip_rates = new[] { 0.1 },
            });
            Assert.True(await device.AskStart(Paid));
            var card = new PresentedCard("4242", "VISA", EntryModes.Contactless, "053201");
            await device.Report(new Result(device.Epoch, Paid, Outcomes.Approved, null, 1500, 150, card));
        }

        public ValueTask DisposeAsync() => Fleet.DisposeAsync();

        internal Task<HttpResponseMessage> Receipt(string? accept) => Fleet.Till.Send(HttpMethod.Get,
            $"/v1.1/receipts/{Paid}?mid={FleetApp.Merchant}", null, accept is null ? [] : [("Accept", accept)]);
    }
}
