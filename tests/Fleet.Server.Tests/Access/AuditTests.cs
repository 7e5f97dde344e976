using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fleet.Client;
using Fleet.Core.Access;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Api;
using Fleet.Server.Checkouts;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>
/// Whatever changes something is recorded, once, in chains that show when a row was changed or removed.
/// </summary>
public sealed class AuditTests(Connector world) : IClassFixture<Connector>, IAsyncLifetime
{
    private readonly FleetApp fleet = world.Fleet;

    private static readonly Uri Nowhere = new("https://nowhere.invalid/");

    /// <summary>The members of a row in the order in which they are hashed.</summary>
    private static readonly string[] Hashed =
    [
        "chain", "seq", "at", "node", "key_id", "key_name", "merchant_code", "action", "subject", "detail",
        "remote_address", "prev",
    ];

    private static readonly object Unlock = new { menu_lock = new { enabled = false } };

    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Reader => $"readers/{Device.ReaderId}";

    /// <summary>For each operation a call that succeeds.</summary>
    private Dictionary<string, Func<Task>> Calls => new()
    {
        ["POST /v0.1/merchants/{merchant_code}/readers/"] = async () => await (await fleet.PairedDevice())
            .DisposeAsync(),
        ["PATCH /v0.1/merchants/{merchant_code}/readers/{reader_id}"] = () =>
            Works(fleet.Till.Patch(Reader, new { name = "Till 1" })),
        ["PATCH /v0.1/merchants/{merchant_code}/readers/{reader_id}/settings/"] = async () =>
        {
            await using var other = await fleet.LockableDevice();
            var patch = fleet.Till.Patch($"readers/{other.ReaderId}/settings", Unlock);
            await other.Apply();
            await Works(patch);
        },
        ["/fleet.v1.Settings/SetReader"] = () => Works(fleet.Till.Patch($"/fleet/v1/{Reader}/settings", Unlock)),
        ["/fleet.v1.Settings/ClearReader"] = () => Works(fleet.Till.Delete($"/fleet/v1/{Reader}/settings")),
        ["/fleet.v1.Settings/SetStore"] = async () =>
            await Works(fleet.Till.Patch($"/fleet/v1/stores/{await NewStore()}/settings", Unlock)),
        ["/fleet.v1.Settings/ClearStore"] = async () =>
            await Works(fleet.Till.Delete($"/fleet/v1/stores/{await NewStore()}/settings")),
        ["DELETE /v0.1/merchants/{merchant_code}/readers/{reader_id}"] = () => Works(fleet.Till.Delete(Reader)),
        ["POST /v0.1/merchants/{merchant_code}/readers/{reader_id}/checkout"] = () =>
            Works(fleet.Till.Post($"{Reader}/checkout", Checkouts.Coffee)),
        ["POST /v0/merchants/{merchant_code}/readers/{reader_id}/go-checkout"] = async () =>
        {
            var paid = Device.Pay();
            await Works(fleet.Till.Post($"/v0/merchants/{FleetApp.Merchant}/{Reader}/go-checkout", new
            {
                total_amount = new { currency = "EUR", value = 1500 }, client_transaction_id = $"{Guid.NewGuid()}",
            }));
            await paid;
        },
        ["POST /v0.1/merchants/{merchant_code}/readers/{reader_id}/terminate"] = async () =>
        {
            await fleet.Till.Charge(Device.ReaderId);
            await Works(fleet.Till.Post($"{Reader}/terminate", new { }));
        },
        ["POST /v1.0/merchants/{merchant_code}/payments/{transaction_id}/refunds"] = async () =>
            await Works(fleet.Till.Post($"/v1.0/merchants/{FleetApp.Merchant}/payments/{await Paid()}/refunds", new
            {
                amount = 1,
            })),
        ["POST /v0.1/me/refund/{transaction_id}"] = async () =>
            await Works(fleet.Till.Post($"/v0.1/me/refund/{await Paid()}", new { amount = 1 })),
        ["POST /fleet/v1/webhooks/{id}/replay"] = async () => await fleet.Till.Replay(await fleet.Till.Fire(Nowhere)),
        ["POST /fleet/v1/webhooks/replay"] = () =>
            fleet.Till.ReplayAll(fleet.Clock.GetUtcNow().AddDays(-1), fleet.Clock.GetUtcNow()),
        ["POST /fleet/v1/webhooks/test"] = () => fleet.Till.Fire(Nowhere),
        ["/fleet.v1.Checkouts/Start"] = () => Works(fleet.Till.Post($"/fleet/v1/{Reader}/checkouts", Checkouts.Coffee)),
        ["/fleet.v1.Checkouts/StartMany"] = StartMany,
        ["/fleet.v1.Checkouts/Terminate"] = async () =>
        {
            await fleet.Till.Charge(Device.ReaderId);
            await Works(fleet.Till.Post($"/fleet/v1/{Reader}/terminate", new { }));
        },
        ["/fleet.v1.Checkouts/RecordOutcome"] = async () =>
        {
            await using var other = await fleet.PairedDevice();
            var lost = await fleet.Till.Charge(other.ReaderId);
            Assert.True(await other.AskStart(lost));
            await other.HangUp();
            await fleet.Till.Becomes(other.ReaderId, "OFFLINE");
            await Works(fleet.Till.Post($"/fleet/v1/checkouts/{lost}/outcome", new
            {
                outcome = "FAILED", reason = "seen", reference = "7",
            }));
        },
        ["/fleet.v1.Checkouts/Release"] = async () =>
        {
            await using var other = await fleet.PairedDevice();
            var hangs = await fleet.Till.Charge(other.ReaderId);
            Assert.True(await other.AskStart(hangs));
            fleet.Pass(300);
            await Works(fleet.Till.Post($"/fleet/v1/checkouts/{hangs}/release", new { reason = "it hangs" }));
        },
        ["/fleet.v1.Checkouts/RecordRefund"] = RecordRefund,
        ["/fleet.v1.Stores/Create"] = () => NewStore(),
        ["/fleet.v1.Stores/Rename"] = async () =>
            await Works(fleet.Till.Patch($"/fleet/v1/stores/{await NewStore()}", new { name = "Shop" })),
        ["/fleet.v1.Stores/Retire"] = async () =>
            await Works(fleet.Till.Delete($"/fleet/v1/stores/{await NewStore()}")),
        ["/fleet.v1.Readers/Pair"] = async () =>
        {
            await using var other = await Showing();
            await Works(fleet.Till.Post("/fleet/v1/readers", await ToPair(other)));
        },
        ["/fleet.v1.Readers/PairMany"] = async () =>
        {
            await using var other = await Showing();
            await Works(fleet.Till.Post("/fleet/v1/readers:pair", new { readers = new[] { await ToPair(other) } }));
        },
        ["/fleet.v1.Readers/Rename"] = () => Works(fleet.Till.Patch($"/fleet/v1/{Reader}", new { name = "Till 3" })),
        ["/fleet.v1.Readers/Move"] = () =>
            Works(fleet.Till.Post($"/fleet/v1/{Reader}/move", new { tags = new { values = new[] { "bar" } } })),
        ["/fleet.v1.Readers/Unpair"] = async () =>
        {
            await using var other = await fleet.PairedDevice();
            await Works(fleet.Till.Delete($"/fleet/v1/readers/{other.ReaderId}"));
        },
        ["/fleet.v1.Readers/Adopt"] = async () =>
        {
            await using var other = await world.Cloud.PairedDevice(till: world.CloudTill);
            await Works(world.Till.Post(
                "/fleet/v1/readers:adopt", new { cloud_reader_ids = new[] { other.ReaderId } }));
        },
        ["/fleet.v1.Readers/ChangeMany"] = () => Works(fleet.Till.Post("/fleet/v1/readers:change",
            new { changes = new[] { new { rename = new { reader_id = Device.ReaderId, name = "Till 4" } } } })),
        ["/fleet.v1.Keys/Create"] = () => Key(),
        ["/fleet.v1.Keys/Rotate"] = async () => await fleet.Till.Rotate((await Key()).Id, new { }),
        ["/fleet.v1.Keys/Revoke"] = async () => await fleet.Till.Revoke((await Key()).Id),
        ["/fleet.v1.Merchants/Create"] = () => fleet.MakeMerchant(),
        ["/fleet.v1.Merchants/Update"] = async () =>
            await Works(fleet.Update(await fleet.MakeMerchant(), new { name = "Shop" })),
        ["/fleet.v1.Merchants/Suspend"] = async () =>
            await fleet.Change($"{await fleet.MakeMerchant()}/suspend", new { reason = "x" }),
        ["/fleet.v1.Merchants/Resume"] = async () =>
        {
            var code = await fleet.MakeMerchant();
            await fleet.Change($"{code}/suspend", new { reason = "x" });
            await fleet.Change($"{code}/resume", new { });
        },
        ["/fleet.v1.Merchants/AddAffiliateKey"] = async () => await fleet.Change(
            $"{await fleet.MakeMerchant()}/affiliate-keys", new { name = "x", app_id = "x", key = "x" }),
        ["/fleet.v1.Merchants/RetireAffiliateKey"] = async () =>
        {
            var code = await fleet.MakeMerchant();
            await fleet.Change($"{code}/affiliate-keys", new { name = "x", app_id = "x", key = "x" });
            await fleet.Change($"{code}/affiliate-keys/x/retire", new { });
        },
        ["/fleet.v1.Merchants/RotateWebhookSecret"] = async () =>
            await fleet.Change($"{await fleet.MakeMerchant()}/webhook-secrets/rotate", new { }),
        ["/fleet.v1.Merchants/Link"] = async () => // the row is written before the key is tried, which fails here
            await fleet.PassUntil(fleet.TillOf(FleetApp.LiveMerchant, FleetApp.ChainKey).Post(LinkCalls.Path, new
            {
                api_key = "x", affiliate_app_id = "x", affiliate_key = "x", base_url = "https://127.0.0.1:1",
            })),
        ["/fleet.v1.Merchants/Unlink"] = () =>
            Works(fleet.Till.Delete($"/fleet/v1/merchants/{FleetApp.Merchant}/link")),
        ["/fleet.v1.Reconciliation/RunDay"] = () =>
            fleet.Till.Post("/fleet/v1/reconciliation/2026-02-28", new { }),
        ["/fleet.v1.Totals/Rebuild"] = () => fleet.Till.Post("/fleet/v1/totals/2026-02-28/rebuild", new { }),
        ["/fleet.v1.Retention/Run"] = () => Works(fleet.TillOf(FleetApp.Merchant, FleetApp.ChainKey).Post(
            "/fleet/v1/retention/run", new { kind = "checkouts", before = "2025-11-01", dry_run = true },
            ("Fleet-Merchant", FleetApp.Merchant))),
        ["/fleet.v1.Webhooks/Replay"] = async () =>
        {
            var fired = await fleet.Till.Fire(Nowhere);
            await Rpc(rpc => rpc.Webhooks.ReplayAsync(new() { EventId = $"{fired}" }, rpc.Headers).ResponseAsync);
        },
        ["/fleet.v1.Webhooks/ReplayMany"] = () => Rpc(rpc => rpc.Webhooks.ReplayManyAsync(new()
        {
            From = fleet.Clock.GetUtcNow().AddDays(-1).ToTimestamp(), To = fleet.Clock.GetUtcNow().ToTimestamp(),
        }, rpc.Headers).ResponseAsync),
        ["/fleet.v1.Webhooks/Test"] = () =>
            Rpc(rpc => rpc.Webhooks.TestAsync(new() { Url = $"{Nowhere}" }, rpc.Headers).ResponseAsync),
        ["/fleet.v1.Incidents/Assign"] = () => ChangeIncident("assign", new { owner = "me" }),
        ["/fleet.v1.Incidents/AddNote"] = () => ChangeIncident("notes", new { text = "seen" }),
        ["/fleet.v1.Incidents/Resolve"] = () => ChangeIncident("resolve", new { resolution = "done" }),
        ["/fleet.v1.Incidents/Retell"] = () => Works(fleet.HeadOffice().Post(
            $"{IncidentCalls.Path}/retell", new { from = "2026-02-28T00:00:00Z", to = "2026-03-02T00:00:00Z" })),
        ["/fleet.v1.TestReaders/Create"] = () => Works(fleet.Till.Post(TestReaderCalls.Readers, new { })),
        ["/fleet.v1.TestReaders/SetWebhookFaults"] = () => Works(fleet.Till.Post("/fleet/v1/test/webhooks", new { })),
        ["/fleet.v1.TestReaders/Present"] = () => Wish("present", new { }),
        ["/fleet.v1.TestReaders/RemoveCard"] = () => Wish("remove-card", new { }),
        ["/fleet.v1.TestReaders/Press"] = () => Wish("press", new { key = "ok" }),
        ["/fleet.v1.TestReaders/ChooseTip"] = () => Wish("choose-tip", new { }),
        ["/fleet.v1.TestReaders/Power"] = () => Wish("power", new { }),
        ["/fleet.v1.TestReaders/Link"] = () => Wish("link", new { }),
        ["/fleet.v1.TestReaders/Set"] = () => Wish("set", new { }),
        ["/fleet.v1.TestReaders/Script"] = () => Wish("script", new { }),
        ["/fleet.v1.TestReaders/Scenario"] = () => Wish("scenario", new { scenario = "solo" }),
        ["/fleet.v1.TestReaders/Reset"] = () => Wish("reset", new { }),
    };

    /// <summary>The row is written before the device is asked, which does not obey tests here.</summary>
    private async Task Wish(string what, object ask) => Assert.Equal("NOT_TESTABLE",
        await fleet.Till.Post($"{TestReaderCalls.Readers}/{Device.ReaderId}/{what}", ask).Reason());

    /// <summary>The payment has a refund of which nothing is known; SumUp would have been asked for it.</summary>
    private async Task RecordRefund()
    {
        await using var other = await fleet.PairedDevice();
        var paid = await fleet.Till.Charge(other.ReaderId);
        await other.Pay();
        var ledger = fleet.Services.GetRequiredService<ILedger>();
        var head = await ledger.LoadHead(other.ReaderId, Cancel);
        var asked = (head.Latest ?? throw new InvalidOperationException("Nothing was paid.")) with
        {
            PendingRefund = new(Guid.NewGuid(), 100, 0, fleet.Clock.GetUtcNow()),
        };
        await ledger.AppendEvents(new(other.ReaderId, head.Version, [new(EventKind.RefundBegun, asked)]));
        fleet.Pass(300);
        await Works(fleet.Till.Post($"/fleet/v1/checkouts/{paid}/refund-outcome", new
        {
            outcome = "made", reason = "seen",
        }));
    }

    private async Task ChangeIncident(string what, object ask) =>
        await Works(fleet.Till.Post($"/fleet/v1/incidents/{await fleet.OpenIncident()}/{what}", ask));

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task Each_operation_that_changes_something_leaves_one_row_and_every_such_operation_has_an_action()
    {
        foreach (var (name, required) in Changing())
        {
            Assert.True(required.Action is not null, $"{name} changes something and has no action for the audit.");
            Assert.True(Calls.TryGetValue(name, out var call), $"{name} is not called here: add it.");
            await Terminate();
            var before = await Rows(required.Action);
            await call();
            var after = await Rows(required.Action);

            Assert.True(after.Count == before.Count + 1, $"{name} left {after.Count - before.Count} rows.");
            var row = after.Single(one => before.All(other => other.Text("hash") != one.Text("hash")));
            Assert.StartsWith("config:", row.Text("key_id"), StringComparison.Ordinal);
            Assert.True(row.Text("merchant_code") is FleetApp.Merchant or FleetApp.LiveMerchant
                || row.Text("merchant_code") == row.Text("subject"));
            Assert.Equal("127.0.0.1", row.Text("remote_address"));
            Assert.True(row.Text("subject").Length > 0 || name.EndsWith("webhooks/replay", StringComparison.Ordinal)
                || name.EndsWith("ReplayMany", StringComparison.Ordinal)
                || name.EndsWith("Retell", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_row_says_who_what_and_when()
    {
        using var patched = await fleet.HeadOffice()
            .Patch(Reader, new { name = "Till 2", metadata = new { floor = 1 } });
        var renamed = (await Rows("reader.update")).Single(row => row.Text("subject") == Device.ReaderId);
        var checkout = await fleet.Till.Charge(Device.ReaderId);
        var started = (await Rows("checkout.start")).Single(row => row.Text("subject") == $"{checkout}");

        Assert.Equal(("head office", FleetApp.Merchant, "name metadata"),
            (renamed.Text("key_name"), renamed.Text("merchant_code"), renamed.Text("detail")));
        Assert.Equal(($"{fleet.Clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}", Device.ReaderId),
            (started.Text("at"), started.Text("detail")));
        Assert.Equal($"{Environment.MachineName}", started.Text("node").Split(':')[0]);
    }

    [Fact]
    public async Task A_move_is_told_as_a_move_over_every_channel()
    {
        using var caller = new RpcCaller(fleet);
        var (one, two) = (await caller.Store("audit-move-1"), await caller.Store("audit-move-2"));
        using var patched = await fleet.Till.Patch(Reader, new { name = "Bar", metadata = new { store = one } });
        using var again = await fleet.Till.Patch(Reader, new { metadata = new { store = one, floor = 1 } });
        await caller.Move(Device, two);

        Assert.Equal([one, two], await Details("reader.move"));
        Assert.Equal(["name metadata", "metadata"], await Details("reader.update"));

        async Task<IEnumerable<string>> Details(string action) => (await Rows(action))
            .Where(row => row.Text("subject") == Device.ReaderId).Select(row => row.Text("detail"));
    }

    [Fact]
    public async Task A_rename_names_its_field_over_every_channel()
    {
        using var caller = new RpcCaller(fleet);
        using var patched = await fleet.Till.Patch(Reader, new { name = "Bar" });
        await caller.Readers.RenameAsync(
            new() { ReaderId = Device.ReaderId, Name = "Terrace" }, caller.Headers, cancellationToken: Cancel);

        Assert.Equal(["name", "name"], (await Rows("reader.update"))
            .Where(row => row.Text("subject") == Device.ReaderId).Select(row => row.Text("detail")));
    }

    [Fact]
    public async Task What_is_refused_or_repeated_leaves_no_row()
    {
        var headers = ("Idempotency-Key", $"{Guid.NewGuid()}");
        using var first = await fleet.Till.Post($"{Reader}/checkout", Checkouts.Coffee, headers);
        var before = (await fleet.HeadOffice().AuditRows()).Count;
        foreach (var (status, asked) in new[]
        {
            (201, fleet.Till.Post($"{Reader}/checkout", Checkouts.Coffee, headers)),
            (422, fleet.Till.Post($"{Reader}/checkout", Checkouts.Coffee)),
            (422, fleet.Till.Post($"{Reader}/terminate", new { expected_checkout_id = Guid.NewGuid() })),
            (404, fleet.Till.Delete("readers/rdr_0123456789ABCDEFGHJKMNPQRS")),
            (404, fleet.Till.Patch("readers/rdr_0123456789ABCDEFGHJKMNPQRS", new { name = "x" })),
            (404, fleet.Till.Send(HttpMethod.Post, $"{WebhookCalls.Path}/{Guid.NewGuid()}/replay", null)),
            (400, fleet.Till.Post(KeyCalls.Keys, new { name = "x" })),
        })
        {
            using var answer = await asked;
            Assert.Equal(status, (int)answer.StatusCode);
        }

        Assert.Equal(before, (await fleet.HeadOffice().AuditRows()).Count);
    }

    [Fact]
    public async Task Rows_are_verified_from_their_export_alone()
    {
        await Key();
        await fleet.Till.Charge(Device.ReaderId);
        var rows = await fleet.HeadOffice().AuditRows();

        Assert.Equal("", Offline(rows));
        Assert.Equal("", await Verified(fleet));
    }

    [Theory]
    [InlineData("UPDATE audit SET detail = 'nothing' WHERE seq = 2", "2 this row was changed")]
    [InlineData("UPDATE audit SET key_id = key_name, key_name = key_id WHERE seq = 2", "2 this row was changed")]
    [InlineData("UPDATE audit SET hash = prev WHERE seq = 2", "2 this row was changed")]
    [InlineData("DELETE FROM audit WHERE seq = 2", "3 a row before this one is missing")]
    [InlineData("DELETE FROM audit WHERE seq = 1", "2 a row before this one is missing")]
    [InlineData("UPDATE audit SET prev = '' WHERE seq = 3", "3 this row does not link to the one before it")]
    public async Task What_was_done_to_the_rows_is_found(string damage, string found)
    {
        await using var alone = await FleetApp.Start();
        for (var i = 0; i < 4; i++)
            await alone.Till.MakeKey(new { name = $"key {i}", scopes = new[] { "readers.read" } });
        Assert.Equal("", await Verified(alone));
        await alone.Sql(damage);

        Assert.Equal(found, await Verified(alone));
        Assert.StartsWith(found[..1], Offline(await alone.HeadOffice().AuditRows()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_written_down_is_not_done()
    {
        await using var alone = await FleetApp.Start();
        await using var device = await alone.PairedDevice();
        await alone.Till.Charge(device.ReaderId);
        await device.Pay();
        await alone.Sql("ALTER TABLE audit RENAME TO out_of_order");
        Assert.Equal("503", await alone.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee).Tried());
        Assert.Equal("503", await alone.Till.Delete($"readers/{device.ReaderId}").Tried());
        await alone.Sql("ALTER TABLE out_of_order RENAME TO audit");

        await alone.Till.Charge(device.ReaderId); // neither deleted nor busy
        Assert.Equal("", await Verified(alone)); // what was unknown began new chains
        Assert.Equal("", Offline(await alone.HeadOffice().AuditRows()));
    }

    [Fact]
    public async Task A_merchant_reads_the_rows_about_it_and_the_chain_reads_all()
    {
        var other = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        var theirs = await other.MakeKey(new { name = "theirs", scopes = new[] { "readers.read" } });
        var chains = await fleet.HeadOffice().MakeKey(new { name = "chain's", scopes = new[] { "fleet.read" } });
        var given = await fleet.HeadOffice()
            .MakeKey(new { name = "given", scopes = new[] { "fleet.read" }, merchant_code = FleetApp.Merchant });
        var (mine, all) = (Subjects(await fleet.Till.AuditRows()), Subjects(await fleet.HeadOffice().AuditRows()));

        Assert.Contains(given.Id, mine);
        Assert.DoesNotContain(theirs.Id, mine);
        Assert.DoesNotContain(chains.Id, mine);
        Assert.Empty(await fleet.Till.AuditRows($"merchant_code={FleetApp.OtherMerchant}"));
        Assert.Equal(3, all.Intersect([theirs.Id, chains.Id, given.Id]).Count());
        Assert.Equal([theirs.Id],
            Subjects(await fleet.HeadOffice().AuditRows($"merchant_code={FleetApp.OtherMerchant}")));
        Assert.Equal("403", await fleet.Till.Get($"{KeyCalls.Audit}/verification").Tried());
    }

    [Fact]
    public async Task Rows_are_found_by_time_action_and_key()
    {
        await using var alone = await FleetApp.Start();
        var (admin, start) = (alone.Till, alone.Clock.GetUtcNow());
        var made = await admin.MakeKey(new { name = "second", scopes = new[] { "admin", "readers.read" } });
        alone.Pass(60);
        var late = await alone.TillOf(FleetApp.Merchant, made.Key)
            .MakeKey(new { name = "third", scopes = new[] { "readers.read" } });
        alone.Pass(60);
        await admin.Revoke(made.Id);

        Assert.Equal([late.Id], Subjects(await admin.AuditRows($"key_id={made.Id}")));
        Assert.Equal([made.Id], Subjects(await admin.AuditRows("action=key.revoke")));
        Assert.Equal([late.Id], Subjects(await admin.AuditRows($"from={At(60)}&to={At(120)}")));
        Assert.Equal([made.Id], Subjects(await admin.AuditRows($"to={At(60)}")));
        Assert.Equal("400 from", await admin.Get($"{KeyCalls.Audit}?from={At(60)}&to={At(60)}").Tried());
        Assert.Equal("400 action", await admin.Get($"{KeyCalls.Audit}?action=a%00b").Tried());
        Assert.Equal("400 page_token", await admin.Get($"{KeyCalls.Audit}?page_token=7").Tried());
        Assert.Equal("400 page_size", await admin.Get($"{KeyCalls.Audit}?page_size=501").Tried());

        string At(int seconds) => $"{start.AddSeconds(seconds):yyyy-MM-ddTHH:mm:ssZ}";
    }

    /// <summary>
    /// What the export of chains shows by itself: the number of the first row that does not fit, or nothing.
    /// </summary>
    private static string Offline(List<JsonElement> rows)
    {
        foreach (var chain in rows.GroupBy(row => row.Text("chain")))
        {
            var (number, before) = (0, "");
            foreach (var row in chain)
            {
                var text = string.Concat(
                    Hashed.Select(member => $"{Encoding.UTF8.GetByteCount(row.Text(member))}:{row.Text(member)}"));
                var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
                if (row.Seq() != ++number || row.Text("prev") != before || row.Text("hash") != hash)
                    return row.Text("seq");
                before = hash;
            }
        }
        return "";
    }

    private static async Task<string> Verified(FleetApp node)
    {
        using var answer = await node.HeadOffice().Get($"{KeyCalls.Audit}/verification");
        var told = await answer.Json();
        return told.TryGetProperty("broken", out var broken) && broken.ValueKind is not JsonValueKind.Null
            ? $"{broken.Text("seq")} {broken.Text("problem")}"
            : "";
    }

    private static List<string> Subjects(List<JsonElement> rows) => [.. rows.Select(row => row.Text("subject"))];

    private static async Task Works(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.True(answer.IsSuccessStatusCode,
            $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancel)}");
    }

    private Task<List<JsonElement>> Rows(string action) => fleet.HeadOffice().AuditRows($"action={action}");

    private Task<NewKey> Key() => fleet.Till.MakeKey(new { name = "any", scopes = new[] { "readers.read" } });

    private async Task<string> NewStore()
    {
        var store = $"shop-{Guid.NewGuid():N}";
        await Works(fleet.Till.Post("/fleet/v1/stores", new { store }));
        return store;
    }

    /// <summary>A device that shows a code.</summary>
    private async Task<TestDevice> Showing()
    {
        var device = await fleet.Device();
        await device.Introduce();
        return device;
    }

    private static async Task<object> ToPair(TestDevice device) =>
        new { pairing_code = (await device.Expect<PairingCode>()).Code, name = "Lane" };

    /// <summary>Every route and method that changes something, each once.</summary>
    private IEnumerable<(string Name, RequiredScopeAttribute Required)> Changing() => fleet.Services
        .GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Select(route => (Name: NameOf(route), Required: route.Metadata.GetMetadata<RequiredScopeAttribute>()))
        .Where(route => route.Name is not null && route.Required is not null)
        .Select(route => (route.Name ?? "", route.Required ?? new(Scopes.None)))
        .DistinctBy(route => route.Item1)
        .OrderBy(route => route.Item1.StartsWith("DELETE", StringComparison.Ordinal)); // the device goes last

    /// <summary>How a route is called that changes something.</summary>
    private static string? NameOf(RouteEndpoint route)
    {
        if (route.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method is { } method)
            return CallKind.Of(method.FullName, null).Changes ? method.FullName : null;
        return route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is [var verb] && verb != "GET"
            ? $"{verb} {route.RoutePattern.RawText}"
            : null;
    }

    private async Task<Guid> Paid()
    {
        var checkout = await fleet.Till.Charge(Device.ReaderId);
        await Device.Pay();
        return checkout;
    }

    private async Task Terminate()
    {
        using var _ = await fleet.Till.Post($"{Reader}/terminate", new { });
    }

    private async Task Rpc<T>(Func<RpcCaller, Task<T>> call)
    {
        using var caller = new RpcCaller(fleet);
        await call(caller);
    }

    private async Task StartMany()
    {
        using var channel = GrpcChannel.ForAddress(fleet.GrpcAddress);
        var headers = new Metadata { { "authorization", $"Bearer {FleetApp.Key}" } };
        using var many = new Proto.Checkouts.CheckoutsClient(channel).StartMany(headers, cancellationToken: Cancel);
        await many.RequestStream.WriteAsync(new()
        {
            Item = "1",
            Start = new()
            {
                ReaderId = Device.ReaderId,
                TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 }
            },
        }, Cancel);
        Assert.True(await many.ResponseStream.MoveNext(Cancel));
        Assert.NotNull(many.ResponseStream.Current.Accepted);
    }
}
