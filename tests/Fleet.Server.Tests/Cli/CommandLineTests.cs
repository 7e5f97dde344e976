using System.Text.Json;
using Fleet.Cli;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Server.Tests;

/// <summary>The <c>fleet</c> command line against a running node.</summary>
public sealed class CommandLineTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private TestDevice? _device;

    private Shell Shell => new(fleet);

    private Shell HeadOffice => new(fleet, FleetApp.ChainKey);

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Theory]
    [InlineData("status", "STORE", "readers")]
    [InlineData("status", "Database: up", "database")]
    [InlineData("doctor", "ok      node: it answers", "checks")]
    [InlineData("top --count 1", "free", "readers")]
    [InlineData("readers list --presence free --text Lane", "SERIAL", "readers")]
    [InlineData("stores list", "default", "stores")]
    [InlineData("stores board default", "BATTERY", "readers")]
    [InlineData("keys list", "SCOPES", "keys")]
    [InlineData("merchant list", "sandbox", "merchants")]
    [InlineData($"merchants show {FleetApp.Merchant}", "sandbox", "link")]
    [InlineData("webhooks list", "EVENT", "deliveries")]
    [InlineData("audit export --action reader.pair", "reader.pair", "action")]
    public async Task What_is_looked_at_is_told_to_people_and_to_programs(string line, string shown, string member)
    {
        Assert.Contains(shown, await Shell.Does(line), StringComparison.Ordinal);
        Assert.All(await Shell.Tells(line), document => Assert.True(document.TryGetProperty(member, out _)));
    }

    [Fact]
    public async Task A_payment_is_started_watched_and_told_as_a_story()
    {
        var started = Shell.Run(
            $"checkout start 15.00 EUR --reader {Device.ReaderId} --description Coffee --wait --json");
        await Device.Pay();
        var ran = await started;
        var told = Shell.Documents(ran.Out);
        var id = told[0].GetProperty("checkout_id").GetString();

        Assert.Equal(0, ran.Code);
        Assert.Equal("SUCCESSFUL", told[^1].GetProperty("checkout").Text("state")); // told as news, or as it is by then
        Assert.Equal(
            1500, told[^1].GetProperty("checkout").GetProperty("total_amount").GetProperty("value").GetInt64());
        Assert.Contains("15.00 EUR", await Shell.Does($"checkout watch {id}"), StringComparison.Ordinal);
        var story = await Shell.Does($"why {told[0].Text("client_transaction_id")}");
        Assert.StartsWith("15.00 EUR, Coffee: successful", story, StringComparison.Ordinal);
        Assert.Matches("till +accepted the order.*\n.*device +asked to start.*\n.*device +charged the card", story);
        var timeline = Assert.Single(await Shell.Tells($"why {id}"));
        Assert.Equal(["accepted", "started", "succeeded"],
            timeline.GetProperty("events").EnumerateArray().Select(one => one.Text("kind")));
    }

    [Fact]
    public async Task What_was_not_charged_ends_with_its_reason_and_a_sentence_for_the_clerk()
    {
        var waiting = Shell.Run($"checkout start 15.00 EUR --reader {Device.ReaderId} --wait");
        var shown = await Device.Expect<ShowCheckout>();
        var busy = await Shell.Run($"checkout start 15.00 EUR --reader {Device.ReaderId}");
        Assert.Equal(1, busy.Code);
        Assert.Contains($"fleet checkout terminate {shown.Checkout.CheckoutId}", busy.Error, StringComparison.Ordinal);
        Assert.Equal("1 would be asked to end, 0 not.\n",
            await Shell.Does($"checkout terminate {shown.Checkout.CheckoutId} --dry-run"));
        Assert.Equal("1 asked to end, 0 not.\n", await Shell.Does($"checkout terminate {shown.Checkout.CheckoutId}"));

        Assert.Equal(1, (await waiting).Code);
        var story = await Shell.Does($"why {shown.Checkout.CheckoutId}");
        Assert.Contains("terminated, worth another try. For the clerk: The till ended the payment", story,
            StringComparison.Ordinal);
        // it is so
        Assert.Equal("1 asked to end, 0 not.\n", await Shell.Does($"checkout terminate {shown.Checkout.CheckoutId}"));
        var again = await Shell.Run($"checkout terminate {shown.Checkout.CheckoutId} --dry-run --json");
        Assert.Equal((1, "CHECKOUT_NOT_OPEN"),
            (again.Code, Shell.Documents(again.Out)[0].GetProperty("refused").Text("reason")));
    }

    [Fact]
    public async Task A_list_of_readers_is_paired_and_what_failed_is_named_by_its_row()
    {
        await using var first = await Showing();
        await using var second = await Showing();
        var list =
            $"pairing_code,name,store,tags\n{await Code(first)},\"Till 1, left\",,bar front\nZZZZZZZZ,Till "
                + $"2,,\n{await Code(second)},Till 3,nowhere,\n";
        var tried = await Shell.Run("readers pair --from - --dry-run", list);
        var ran = await Shell.Run("readers pair --from -", list);

        Assert.Equal((1, 1), (tried.Code, ran.Code));
        Assert.Contains("1 would be paired, 2 not.", tried.Out, StringComparison.Ordinal);
        Assert.Matches(
            "^READER +NAME +STORE\nrdr_[0-9A-Z]{26} +Till 1, left +default\n"
                + "ROW .*\n3 +Till 2 +PAIRING_CODE_UNKNOWN +No device shows this pairing code.*\n"
                + "4 +Till 3 +VALIDATION_ERROR +store .*\n1 paired, 2 not.\n$", ran.Out);
        var paired = await Shell.Tells("readers list --tag bar --tag front");
        Assert.Equal("Till 1, left", paired[0].GetProperty("readers").EnumerateArray().Single().Text("name"));
    }

    [Fact]
    public async Task A_device_that_is_a_reader_already_is_not_paired_and_the_way_out_is_told()
    {
        await using var device = await fleet.PairedDevice("Lane 3");
        await using var same = await fleet.Device(device.Serial);
        await same.Introduce();
        var told = await Shell.Run($"readers pair {await Code(same)} --name Mine");

        Assert.Equal(1, told.Code);
        Assert.Contains("connected as reader \"Lane 3\"", told.Out + told.Error, StringComparison.Ordinal);
        Assert.Contains("fleet readers unpair", told.Out + told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readers_are_renamed_moved_and_unpaired_and_a_store_closes_behind_them()
    {
        await using var device = await fleet.PairedDevice();
        var id = device.ReaderId;
        Assert.Equal("Store berlin (Mitte) is open.\n", await Shell.Does("stores create berlin --name Mitte"));
        Assert.Equal("1 renamed, 0 not.\n", await Shell.Does($"readers rename {id} \"Lane 9\""));
        Assert.Equal("1 moved, 0 not.\n", await Shell.Does($"readers move {id} --store berlin --tag bar"));
        await Eventually.Equal("berlin bar Lane 9",
            async () => Assert.Single(await Shell.Tells($"readers list --store berlin"))
            .GetProperty("readers").EnumerateArray()
            .Select(one => $"{one.Text("store")} {one.GetProperty("tags")[0]} {one.Text("name")}").FirstOrDefault());

        var open = await Shell.Run("stores retire berlin");
        Assert.Equal(1, open.Code);
        Assert.Contains("fleet readers move", open.Error, StringComparison.Ordinal);
        Assert.Equal("1 unpaired, 0 not.\n", await Shell.Does($"readers unpair --from -", $"reader_id\n{id}\n"));
        await Shell.Does("stores rename berlin Zoo");
        Assert.Equal("Store berlin (Zoo) is retired.\n", await Shell.Does("stores retire berlin"));
        Assert.Contains("berlin", await Shell.Does("stores list --retired"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_tells_each_change_until_somebody_ends_it()
    {
        using var stop = new CancellationTokenSource();
        var watching = Shell.Run($"readers watch {Device.ReaderId} --json", cancel: stop.Token);
        await fleet.Till.Charge(Device.ReaderId);
        await Device.Pay();
        await Eventually.Equal("FREE",
            async () => (await Shell.Tells("readers list --presence free"))[0].GetProperty("readers")
            .EnumerateArray().SingleOrDefault(one => one.Text("reader_id") == Device.ReaderId)
            is { ValueKind: JsonValueKind.Object } one ? one.Text("presence") : "");
        await stop.CancelAsync();
        var ran = await watching;

        Assert.Equal(0, ran.Code);
        Assert.All(Shell.Documents(ran.Out), reader => Assert.Equal(Device.ReaderId, reader.Text("reader_id")));
    }

    [Fact]
    public async Task A_key_is_told_alone_works_is_replaced_and_revoked()
    {
        var made = await Shell.Run("keys create lanes --scope readers.read --expires 30d --rate 50");
        var lanes = new Shell(fleet, made.Out.Trim());
        var id = (await Shell.Tells("keys list"))[0].GetProperty("keys").EnumerateArray()
            .First(key => key.Text("name") == "lanes").Text("key_id");
        await lanes.Does("readers list");
        var lacking = await lanes.Run("stores list");
        var rotated = (await Shell.Tells($"keys rotate {id} --overlap 60"))[0];
        Assert.Contains("revoked since", await Shell.Does($"keys revoke {id}"), StringComparison.Ordinal);
        var refused = await lanes.Run("readers list");

        Assert.Equal((3, 3), (lacking.Code, refused.Code));
        Assert.Contains("fleet doctor", lacking.Error, StringComparison.Ordinal);
        Assert.Contains("does not take the key of FLEET_KEY", refused.Error, StringComparison.Ordinal);
        await new Shell(fleet, rotated.Text("key")).Does("readers list");
    }

    [Fact]
    public async Task Webhooks_are_tried_listed_and_sent_again()
    {
        var id = (await Shell.Tells("webhooks test https://nowhere.invalid/ --wait 0"))[0].Text("event_id");

        Assert.Contains(id, await Shell.Does("webhooks list --state waiting --limit 1"), StringComparison.Ordinal);
        Assert.Contains($"Event {id} to https://nowhere.invalid/ is waiting", await Shell.Does($"webhooks replay {id}"),
            StringComparison.Ordinal);
        Assert.Equal("0 events will be sent again.\n",
            await Shell.Does("webhooks replay --from 2026-02-01 --to 2026-03-02T00:00:00Z"));
        var refused = await Shell.Run("webhooks test ftp://127.0.0.1/");
        Assert.Equal((1, true),
            (refused.Code, refused.Error.Contains("\n  url must be an HTTPS URL", StringComparison.Ordinal)));
        var port = await Shell.Run("webhooks test https://nowhere.invalid:9443/ --wait 0");
        Assert.Contains("port 9443 is neither 443 nor in Fleet:Webhooks:AllowedPorts", port.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_audit_is_verified_by_fleet_and_from_its_export()
    {
        var file = Path.Combine(fleet.Folder, "audit.jsonl");
        var rows = await HeadOffice.Does("audit export");
        await File.WriteAllTextAsync(file, rows, TestContext.Current.CancellationToken);

        Assert.EndsWith("and all fit.\n", await HeadOffice.Does("audit verify"), StringComparison.Ordinal);
        Assert.EndsWith("and all fit.\n", await HeadOffice.Does($"audit verify --file {file}"),
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            file, rows.Replace("reader.pair", "reader.move"), TestContext.Current.CancellationToken);
        var changed = await HeadOffice.Run($"audit verify --file {file}");
        Assert.Equal((1, true),
            (changed.Code, changed.Out.EndsWith("this row was changed.\n", StringComparison.Ordinal)));
        Assert.Equal(3, (await Shell.Run("audit verify")).Code);
    }

    [Fact]
    public async Task A_key_of_the_chain_names_the_merchant()
    {
        var without = await HeadOffice.Run("readers list");

        Assert.Equal((1, true),
            (without.Code, without.Error.Contains("must name the merchant", StringComparison.Ordinal)));
        Assert.Contains(Device.ReaderId, await HeadOffice.Does($"readers list --merchant {FleetApp.Merchant}"),
            StringComparison.Ordinal);
        Assert.Contains(FleetApp.OtherMerchant, await HeadOffice.Does("status"), StringComparison.Ordinal);
        Assert.Contains("warning merchant", await HeadOffice.Does("doctor"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_terminal_would_obey_in_a_name_is_not_shown_to_it()
    {
        await fleet.Till.Patch($"readers/{Device.ReaderId}", new { name = "Lane \u001b[2J" });

        await Eventually.Equal(true,
            async () => (await Shell.Does("readers list")).Contains("Lane ?[2J", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', await Shell.Does("stores board default"));
    }

    [Theory]
    [InlineData("checkout start 15 EUR", "'15 EUR' is not an amount. Write it like 15.00 EUR")]
    [InlineData("checkout start 15.000 EUR", "is not an amount")]
    [InlineData("checkout start 1e3.00 EUR", "is not an amount")]
    [InlineData("checkout start 15,00 EUR", "is not an amount")]
    [InlineData("checkout start 15.00 HUF", "Write it like 1500 HUF")]
    [InlineData("checkout start 15.00 XXX", "XXX is not a currency")]
    [InlineData("checkout start 0.00 EUR", "must be more than nothing")]
    [InlineData("checkout start 99999999999999999999.00 EUR", "must be more than nothing")]
    [InlineData("checkout start 15.00 EUR --reader rdr_1 --store a", "Take one of the two")]
    [InlineData("checkout watch lane-7", "is not the id of a checkout")]
    [InlineData("readers list --presence asleep", "--presence must be one of free, busy, offline, unknown, not asleep")]
    [InlineData("readers lst", "'fleet readers' does not know 'lst'. Did you mean list? It has list, show, watch")]
    [InlineData("raeders", "'fleet' does not know 'raeders'. Did you mean readers?")]
    [InlineData("readers lsit", "Did you mean list?")]
    [InlineData("status --jsno", "does not know '--jsno'. Did you mean --json? See fleet status --help.")]
    [InlineData("--ulr http://127.0.0.1:8081 status", "Did you mean --url?")]
    [InlineData("--jso status", "does not know '--jso'. Did you mean --json?")]
    [InlineData("help raeders", "Did you mean readers?")]
    [InlineData("why --jsno", "Did you mean --json?")]
    [InlineData("readers unpair rdr_1 --dry-rnu", "Did you mean --dry-run?")]
    [InlineData("checkout start 15.00 EUR", "say --any")]
    [InlineData("checkout start 15.00 EUR --any --reader rdr_1", "Take one of the two")]
    [InlineData("receipt TAAAAAAAAAA --html --pdf", "Choose one of them")]
    [InlineData("totals --csv --json", "Choose one of them")]
    [InlineData("readers", "'fleet readers' needs a verb")]
    [InlineData("readers pair", "Nothing is named")]
    [InlineData("readers pair --from /no/such/list", "/no/such/list")]
    [InlineData("readers unpair --from -", "The list is empty")]
    [InlineData("readers move rdr_1", "Nothing is to change")]
    [InlineData("keys create lanes", "--scope")]
    [InlineData("webhooks replay", "Name events, or give a time")]
    [InlineData("status --timeout soon", "--timeout must be a number of seconds up to 3600, not soon")]
    [InlineData("status --url 127.0.0.1:8081", "must begin with http:// or https://")]
    [InlineData("status --key-file /no/such/key", "/no/such/key")]
    [InlineData("status --ca /no/such/ca", "certificates cannot be read")]
    public async Task Wrong_usage_is_answered_by_what_would_be_right(string line, string sentence)
    {
        var ran = await Shell.Run(line);

        Assert.Equal((2, ""), (ran.Code, ran.Out));
        Assert.Contains(sentence, ran.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 column", "reader_id,name\nrdr_1\n", "Line 2 has 1 column, and the first line 2")]
    [InlineData("no name", "reader_id\nrdr_1\n", "Line 2 has no name")]
    [InlineData("twice", "name,name\n", "names a column twice")]
    [InlineData("open quotes", "reader_id,name\nrdr_1,\"Lane\n", "never end")]
    public async Task A_list_that_is_none_changes_nothing(string kind, string list, string sentence)
    {
        var ran = await Shell.Run("readers rename --from -", list);

        Assert.Equal((2, true), (ran.Code, ran.Error.Contains(sentence, StringComparison.Ordinal)));
        Assert.NotEmpty(kind);
    }

    [Fact]
    public async Task Who_cannot_be_reached_or_knows_no_such_key_is_exit_code_3()
    {
        var nowhere = await new Shell(new Uri("http://fleet.invalid:8081")).Run("status");
        Assert.StartsWith("Fleet cannot be reached at http://fleet.invalid:8081/: the host fleet.invalid is not known.",
            nowhere.Error, StringComparison.Ordinal);
        var unreachable = await new Shell(new Uri("http://127.0.0.1:1")).Run("status");
        var till = await new Shell(fleet.Address).Run("status");
        var stranger = await new Shell(fleet, "wrong-key").Run("status --json");
        var doctor = await new Shell(fleet, "wrong-key").Run("doctor");
        var keyless = await new Shell(new Uri("http://fleet.invalid:8081"), key: null).Run("status");

        Assert.Equal((3, 3, 3, 3, 2), (unreachable.Code, till.Code, stranger.Code, doctor.Code, keyless.Code));
        Assert.Contains("cannot be reached at http://127.0.0.1:1/: Connection refused", unreachable.Error,
            StringComparison.Ordinal);
        Assert.Contains("tills have another one", till.Error, StringComparison.Ordinal);
        Assert.Equal("UNAUTHENTICATED",
            Assert.Single(Shell.Documents(stranger.Error)).GetProperty("error").Text("reason"));
        Assert.Contains("failed  key: Fleet does not take the key of FLEET_KEY.", doctor.Out, StringComparison.Ordinal);
        Assert.Contains("There is no key for http://fleet.invalid:8081/", keyless.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "status")]
    [InlineData(true, "raeders", "list")]
    [InlineData(true, "--help")]
    [InlineData(true, "--version")]
    [InlineData(true, "--json", "status")]
    [InlineData(true, "--url", "http://127.0.0.1:8081", "status")]
    [InlineData(true, "--url=http://127.0.0.1:8081", "status")]
    [InlineData(true, "--json")]
    [InlineData(false)]
    [InlineData(false, "--urls=http://127.0.0.1:8080")]
    [InlineData(false, "urls=http://127.0.0.1:8080")]
    [InlineData(false, "--data", "status")]
    [InlineData(false, "serve", "--data=d")]
    [InlineData(true, "serve", "--help")]
    [InlineData(true, "help")]
    [InlineData(true, "--data=d", "--help")]
    [InlineData(true, "--jso", "status")]
    [InlineData(false, "--storag=postgres")]
    [InlineData(false, "--Fleet:Data=d", "status")]
    public void The_first_word_decides_whether_this_is_the_server(bool meant, params string[] args) =>
        Assert.Equal(meant, CommandLine.IsMeant(args));

    [Theory]
    [InlineData("",
        "doctor status top why reconcile totals incidents device readers checkout stores settings keys merchant "
            + "merchants webhooks audit retention apply export test sandbox serve completion "
            + "transactions refund receipt help")]
    [InlineData("readers m", "move")]
    [InlineData("readers list --presence ", "busy free offline unknown")]
    [InlineData("readers list --pres", "--presence")]
    [InlineData("keys create --scope check", "checkouts.read checkouts.write")]
    [InlineData("stores board ", "default")]
    [InlineData("readers list --store d", "default")]
    [InlineData("readers list --url http://127.0.0.1:1 --store d", "")]
    public async Task A_shell_is_told_what_could_come_next(string typed, string expected)
    {
        string[] words = typed.Split(' ');
        var told = await Shell.Does($"completion suggest -- {string.Join(' ', words.Select(word => $"\"{word}\""))}");

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(),
            told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task Over_tls_the_authority_is_named_and_the_callers_own_certificate_shown()
    {
        using var authority = new Authority("Ours");
        using var callers = new Authority("Callers");
        var (ours, theirs) = (Directory.CreateDirectory(Path.Combine(fleet.Folder, "ours")),
            Directory.CreateDirectory(Path.Combine(fleet.Folder, "theirs")));
        using var issued = authority.Issue("node");
        using var caller = callers.Issue("caller");
        var (certificate, key) = Authority.Write(ours.FullName, issued);
        var (cert, certKey) = Authority.Write(theirs.FullName, caller);
        await using var node = await FleetApp.Start(
            null, "--grpc-url=https://127.0.0.1:0", $"--Fleet:GrpcCertificate={certificate}",
            $"--Fleet:GrpcCertificateKey={key}", $"--Fleet:GrpcClientCa={callers.WriteRoot(theirs.FullName)}");
        var ca = authority.WriteRoot(ours.FullName);

        var good = await new Shell(node).Does($"doctor --ca {ca} --cert {cert} --cert-key {certKey}");
        var untrusted = await new Shell(node).Run("status");

        Assert.Contains("tls: the certificate is good for", good, StringComparison.Ordinal);
        Assert.Equal((3, true),
            (untrusted.Code, untrusted.Error.Contains("--ca names the authority", StringComparison.Ordinal)));
    }

    private async Task<TestDevice> Showing()
    {
        var device = await fleet.Device();
        await device.Introduce();
        return device;
    }

    private static async Task<string> Code(TestDevice device) => (await device.Expect<PairingCode>()).Code;
}
