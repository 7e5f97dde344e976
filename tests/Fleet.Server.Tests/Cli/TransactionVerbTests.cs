using System.Text.RegularExpressions;
using Fleet.Cli;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>The verbs for transactions, refunds and receipts, and those that ask a person or wait.</summary>
public sealed class TransactionVerbTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private TestDevice? _device;

    private Shell Shell => new(fleet);

    private Shell HeadOffice => new(fleet, FleetApp.ChainKey);

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task A_payment_is_listed_shown_refunded_and_has_a_receipt()
    {
        var id = await Paid("Coffee; black");
        var shown = (await Shell.Tells($"transactions show {id}"))[0];
        var code = shown.Text("transaction_code");
        Assert.Matches($"(?s)TRANSACTION.*{code} +payment +successful +15.*CURRENCY +PAYMENTS.*EUR +1 +15",
            await Shell.Does($"transactions list --code {code}"));
        Assert.Equal(code, (await Shell.Tells($"transactions show {shown.Text("client_transaction_id")}"))[0]
            .Text("transaction_code"));

        fleet.Pass(1); // the newest come first
        Assert.Equal($"Refunded 5.00 EUR of {code}.\n",
            await Shell.Does($"refund {code} 5.00 EUR"));
        var wrong = await Shell.Run($"refund {code} 5.00 USD");
        var much = await Shell.Run($"refund {code} 50.00 EUR --json");
        Assert.Equal((2, "The payment is in EUR.\n"), (wrong.Code, wrong.Error));
        Assert.Equal(1, much.Code);
        var listed = (await Shell.Tells($"transactions list --code {code}"))[0];
        Assert.Equal(["REFUND", "PAYMENT"],
            listed.GetProperty("items").EnumerateArray().Select(item => item.Text("type")));
        Assert.Equal(10, listed.GetProperty("totals")[0].GetProperty("net").GetDecimal());

        var receipt = await Shell.Does($"receipt {code}");
        Assert.Contains($"Receipt {code} of merchant {FleetApp.Merchant}", receipt, StringComparison.Ordinal);
        Assert.Contains("Refund ", receipt, StringComparison.Ordinal);
        using var bytes = new MemoryStream();
        Assert.Equal(0, (await new Shell(fleet) { Redirected = bytes }.Run($"receipt {code} --pdf")).Code);
        Assert.Equal("%PDF-"u8, bytes.ToArray().AsSpan(0, 5));
        Assert.Contains("is not for a terminal", (await Shell.Run($"receipt {code} --pdf")).Error,
            StringComparison.Ordinal);
        var file = Path.Combine(fleet.Folder, "receipt.json");
        await Shell.Does($"receipt {code} --out {file} --json");
        Assert.Contains("\"transaction_data\"",
            await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_for_spreadsheets_has_semicolons_and_a_byte_order_mark()
    {
        var id = await Paid("Coffee; black");
        var table = await Shell.Does("transactions list --csv");
        var totals = await Shell.Does("totals --csv");

        Assert.StartsWith("\uFEFFtime;transaction;type;status;amount;currency;", table, StringComparison.Ordinal);
        Assert.Contains($";{id};\"Coffee; black\"\r\n", table, StringComparison.Ordinal);
        Assert.StartsWith("\uFEFFday;store;kind;count;amount;tips;currency\r\n", totals, StringComparison.Ordinal);
        Assert.Matches(@";\d+,00;", totals);
        var list = $"\uFEFFreader_id;name\r\n{Device.ReaderId};\"Lane 4; left\"\r\n";
        Assert.Equal("1 renamed, 0 not.\n", await Shell.Does("readers rename --from -", list));
    }

    [Fact]
    public async Task A_transaction_that_is_not_there_is_said_in_one_sentence()
    {
        var missing = await Shell.Run("transactions show till-7-0001");
        var chain = await HeadOffice.Run("transactions list");
        var named = await HeadOffice.Does($"transactions list --merchant {FleetApp.Merchant}");
        var key = await Shell.Run("keys create lanes --scope readers.read");
        var lacking = await new Shell(fleet, key.Out.Trim()).Run("transactions list");
        var away = await new Shell(new Uri("http://127.0.0.1:1")).Run($"receipt 1 --merchant {FleetApp.Merchant}");

        Assert.Equal((1, 2, 3, 3), (missing.Code, chain.Code, lacking.Code, away.Code));
        Assert.StartsWith("There is no transaction till-7-0001.", missing.Error, StringComparison.Ordinal);
        Assert.Contains("Name the merchant with --merchant.", chain.Error, StringComparison.Ordinal);
        Assert.Contains("CURRENCY", named, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", away.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_name_the_options_of_the_command_line()
    {
        var chain = await HeadOffice.Run("readers list");
        var store = await Shell.Run("keys create lanes --scope readers.read --store defualt");

        Assert.Contains("--merchant is required", chain.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Fleet-Merchant", chain.Error, StringComparison.Ordinal);
        Assert.Contains("  --store is not an open store of this merchant", store.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_a_key_of_the_chain_makes_says_its_reach_and_asks()
    {
        var unasked = await HeadOffice.Run("keys create lanes --scope readers.read");
        var no = await HeadOffice.Person().Run("keys create lanes --scope readers.read", "n\n");
        var yes = await HeadOffice.Person().Run("keys create lanes --scope readers.read", "y\n");
        var one = await HeadOffice.Run($"keys create lanes --scope readers.read --merchant {FleetApp.Merchant} --yes");

        Assert.Equal((2, 2, 0, 0), (unasked.Code, no.Code, yes.Code, one.Code));
        Assert.Contains("The key lanes will be for the whole chain.\nIf that is meant, say --yes.", unasked.Error,
            StringComparison.Ordinal);
        Assert.Contains("will be for the whole chain. [y/N] ", yes.Error, StringComparison.Ordinal);
        Assert.Contains($"for merchant {FleetApp.Merchant}.", one.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkout_without_a_reader_asks_which_one()
    {
        var asked = await Shell.Person().Run("checkout start 15.00 EUR", "\n");
        Assert.Contains($"({Device.ReaderId})", asked.Error, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was started.\n", asked.Error, StringComparison.Ordinal);
        var number = asked.Error.Split('\n').Single(line => line.Contains(Device.ReaderId, StringComparison.Ordinal))
            .Split(' ')[0];

        Assert.Contains($"on {Device.ReaderId}", (await Shell.Person().Run("checkout start 15.00 EUR", $"{number}\n"))
            .Out, StringComparison.Ordinal);
        await Device.Pay();
    }

    [Fact]
    public async Task A_webhook_that_is_tried_waits_for_its_result()
    {
        var told = await Shell.Run("webhooks test https://nowhere.invalid/ --wait 30");

        Assert.Equal(1, told.Code);
        Assert.Matches("is waiting, 1 attempt so far. The last one failed: .+[.]\n", told.Out);
        var id = told.Out.Split(' ')[1];
        Assert.Contains("nowhere.invalid", await Shell.Does($"webhooks show {id}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_of_each_kind_is_shown()
    {
        Assert.Contains(Device.ReaderId, await Shell.Does($"readers show {Device.ReaderId}"), StringComparison.Ordinal);
        Assert.Contains("default", await Shell.Does("stores show default"), StringComparison.Ordinal);
        Assert.Contains("SCOPES", await Shell.Does("keys self"), StringComparison.Ordinal);
        Assert.Contains("CHECKOUT", await Shell.Does($"checkout list {Device.ReaderId}"), StringComparison.Ordinal);
        Assert.Contains("card", await Shell.Does($"merchants payment-methods {FleetApp.Merchant}"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_checkouts_are_watched_until_somebody_ends_it()
    {
        using var stop = new CancellationTokenSource();
        var watching = new Shell(fleet).Follow("checkout watch", stop.Token);
        await Eventually.Equal(true, async () =>
        {
            await Paid("Tea");
            return watching.Said.Contains("\"successful\"", StringComparison.Ordinal);
        });
        await stop.CancelAsync();
        Assert.Equal(0, await watching.Ended);
    }

    [Theory]
    [InlineData("serve --help")]
    [InlineData("help serve")]
    [InlineData("--data=/x --help")]
    public async Task Help_of_a_node_lists_the_options_of_a_node_only(string line)
    {
        var help = await Shell.Does(line);

        Assert.Contains("--grpc-url", help, StringComparison.Ordinal);
        Assert.DoesNotContain("--key-file", help, StringComparison.Ordinal);
        Assert.Equal(await Shell.Does("--version"), await Shell.Does("serve --version"));
    }

    [Fact]
    public async Task A_payment_is_explained_by_its_id_alone_and_by_the_tills_own_id()
    {
        var id = await Paid("Tea");
        var asked = fleet.Till.Send(HttpMethod.Post,
            $"/v0/merchants/{FleetApp.Merchant}/readers/{Device.ReaderId}/go-checkout", Lane.Json(
                """{"total_amount":{"currency":"EUR","value":100},"client_transaction_id":"Lane 7, sale 12"}"""));
        await Device.Pay();
        using var answer = await asked;
        Assert.True(answer.IsSuccessStatusCode);

        Assert.Contains("on Lane (", await HeadOffice.Does($"why {id}"), StringComparison.Ordinal);
        Assert.Contains("1.00 EUR charged.", await Shell.Does("why \"Lane 7, sale 12\""), StringComparison.Ordinal);
        Assert.Contains("successful", await Shell.Does("checkout show \"Lane 7, sale 12\""), StringComparison.Ordinal);
        Assert.Equal(1, (await Shell.Run("why lane-8")).Code);
    }

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("--json --help")]
    public async Task Help_lists_the_verbs(string line) =>
        Assert.Contains("transactions", await Shell.Does(line), StringComparison.Ordinal);

    [Theory]
    [InlineData("--json status")]
    [InlineData("--timeout 5 status --json")]
    [InlineData("status --json --timeout 5")]
    public async Task Options_of_all_verbs_stand_before_or_behind_the_verb(string line) =>
        Assert.Single(Shell.Documents(await Shell.Does(line)));

    [Fact]
    public void A_terminal_of_sixty_columns_shows_names_states_and_amounts_whole()
    {
        var screen = new TopScreen(new Uri("http://127.0.0.1:8081"), "");
        var reader = new Proto.Reader
        {
            Store = "berlin-alexanderplatz", Name = "Lane 12, entrance", Pairing = "paired",
            Presence = Proto.Presence.Busy, Battery = 96,
            Checkout = new() { TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 123_490 } },
        };
        screen.ShowReaders(new() { Stores = 12, Readers = new() { Total = 40, Free = 39, Busy = 1 } }, [reader]);
        var shown = Regex.Replace(screen.DrawScreen(60, 12, DateTimeOffset.UnixEpoch), "\u001b\\[[0-9;?]*[A-Za-z]", "");

        Assert.Matches("40 readers in 12 stores: 39 free, 1 busy\r\n", shown);
        Assert.Matches("Lane 12, entrance +busy +1234.90 EUR", shown);
        Assert.DoesNotContain("\u2026", shown, StringComparison.Ordinal);
        Assert.All(shown.Split("\r\n"), line => Assert.InRange(line.Length, 0, 60));
        Assert.Equal("0 readers in 0 stores; the database does not answer",
            TopScreen.DescribeNumbers(new() { Readers = new(), Database = "down" }, brief: true));
    }

    private async Task<string> Paid(string description)
    {
        var started = Shell.Run(
            $"checkout start 15.00 EUR --reader {Device.ReaderId} --description \"{description}\" --wait --json");
        await Device.Pay();
        return Shell.Documents((await started).Out)[0].Text("checkout_id");
    }
}
