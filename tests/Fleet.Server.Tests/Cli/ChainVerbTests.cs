namespace Fleet.Server.Tests;

/// <summary>A chain is made of a file, and written into one.</summary>
public sealed class ChainVerbTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private Shell Office => new(fleet, FleetApp.ChainKey);

    [Fact]
    public async Task A_file_makes_a_chain_and_the_second_time_there_is_nothing_to_change()
    {
        await using var device = await PairedAt("MFILE001");
        var file = $"""
            merchants:
              - merchant_code: MFILE001
                name: "Café Blau"
                currency: EUR
                largest_amount: 50000
                stores:
                  - store: berlin
                    name: Berlin
                  - store: bonn
                readers:
                  - reader_id: {device.ReaderId}
                    name: Lane 9
                    store: berlin
                    tags: [bar, slow]
              - merchant_code: MFILE002
                sandbox: true
                suspended: opens in May
            """;

        var planned = await Office.Run("apply -f - --dry-run", file);
        var done = await Office.Run("apply -f -", file);
        var again = await Office.Run("apply -f -", file);

        string[] plan =
        [
            "~ merchant MFILE001 name: \"Corner shop\" -> \"Café Blau\", currency: \"\" -> \"EUR\", "
                + "largest_amount: 0 -> 50000",
            "+ store MFILE001/berlin \"Berlin\"", "+ store MFILE001/bonn \"bonn\"",
            $"~ reader MFILE001/{device.ReaderId} name: \"Lane\" -> \"Lane 9\"",
            $"~ reader MFILE001/{device.ReaderId} store: default -> berlin tags: [] -> [bar, slow]",
            "+ merchant MFILE002 \"\"", "~ merchant MFILE002 suspended: \"\" -> \"opens in May\"",
        ];
        Assert.Equal((0, Lines(plan), "Nothing was changed.\n"), (planned.Code, planned.Out, planned.Error));
        Assert.Equal((0, Lines(plan)), (done.Code, done.Out));
        Assert.Matches(
            "^7 of 7 changes were made in .* s: 3 of merchants, 2 of readers, 2 of stores\\.\n$", done.Error);
        Assert.Equal((0, "", "There is nothing to change.\n"), (again.Code, again.Out, again.Error));
        Assert.Equal("Café Blau", (await fleet.ReadMerchant("MFILE001")).Text("name"));
    }

    [Fact]
    public async Task What_is_exported_changes_nothing_and_one_changed_line_changes_one_thing()
    {
        await using var device = await PairedAt("MFILE003");
        await fleet.Change("MFILE003/affiliate-keys", new { name = "tills", app_id = "a", key = "afk-NotForAnyEyes" });
        await fleet.Change("MFILE003/webhook-secrets/rotate", new { });
        await fleet.HeadOffice().MakeKey(
            new { name = "lane 1", merchant_code = "MFILE003", scopes = new[] { "readers.read" } });
        await Office.Does("stores create ulm --name Ulm --merchant MFILE003");
        var file = await Office.Does("export --merchant MFILE003");

        var same = await Office.Run("apply -f -", file);
        var one = await Office.Does("apply -f -", file.Replace("\"Ulm\"", "\"Neu-Ulm\"", StringComparison.Ordinal));

        Assert.Equal((0, "", "There is nothing to change.\n"), (same.Code, same.Out, same.Error));
        Assert.Equal("~ store MFILE003/ulm name: \"Ulm\" -> \"Neu-Ulm\"\n", one);
        Assert.Contains("name: \"lane 1\"", file, StringComparison.Ordinal);
        Assert.DoesNotContain("NotForAnyEyes", file, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_a_file_names_and_Fleet_has_not_are_told()
    {
        var code = await fleet.MakeMerchant();

        var ran = await Office.Run("apply -f -", $"""
            merchants:
              - merchant_code: {code}
                keys:
                  - name: lane 1
                affiliate_keys: [{"{"}name: tills{"}"}]
            """);

        Assert.Equal(0, ran.Code);
        Assert.Contains($"line 5: {code} has no affiliate key tills: add it", ran.Error, StringComparison.Ordinal);
        Assert.Contains($"line 4: {code} has no key lane 1: make it", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("  - merchant_code: MFILE009\n    nmae: x", "line 3: A merchant has no field nmae; it has ")]
    [InlineData("  - merchant_code: mfile9", "line 2: merchant_code must be 4 to 16 capital letters and digits.")]
    [InlineData("  - merchant_code: MFILE009\n    sandbox: maybe", "line 3: sandbox must be true or false.")]
    [InlineData("  - merchant_code: MFILE009\n    largest_amount: 5,0",
        "line 3: largest_amount must be a whole number.")]
    [InlineData("  - merchant_code: MFILE009\n    stores: {}", "line 3: stores must be a list.")]
    [InlineData("  - merchant_code: MFILE009\n    stores:\n      - store: Berlin 1", "line 4: store must be 1 to 64")]
    [InlineData("  - merchant_code: MFILE009\n  - merchant_code: MFILE009",
        "line 3: The merchant MFILE009 is in line 2 already.")]
    [InlineData("  - merchant_code: MFILE009\n    suspended: false", "line 3: suspended must be a text; quote it")]
    [InlineData("  - merchant_code: MFILE009\n    suspended: ~", "line 3: suspended must be a text; quote it")]
    [InlineData("  - merchant_code: MFILE009\n    name: null", "line 3: name must be a text; quote it")]
    [InlineData("  - merchant_code: MFILE009\n    stores: [{store: default, retired: true}]",
        "line 3: The store default of MFILE009 cannot be retired.")]
    [InlineData($"  - merchant_code: {FleetApp.LiveMerchant}\n    suspended: closed",
        $"line 3: {FleetApp.LiveMerchant} is in the configuration: it cannot be suspended.")]
    [InlineData("  - merchant_code: MFILE009\n    readers:\n      - reader_id: rdr_7",
        "line 4: reader_id must be the id")]
    [InlineData("  - merchant_code: MFILE009\n   name: x", "line 3: This is no YAML: ")]
    [InlineData("  - merchant_code: MFILE009\n    currency: DM", "line 3: currency is not a supported currency")]
    [InlineData("  - merchant_code: MFILE009\n    return_url: http://shop.example",
        "line 3: return_url must be an HTTPS URL")]
    [InlineData("  - merchant_code: MFILE009\n    readers:\n      - reader_id: rdr_0123456789ABCDEFGHJKMNPQRS",
        "line 4: MFILE009 has no reader rdr_0123456789ABCDEFGHJKMNPQRS: pair it first.")]
    [InlineData($"  - merchant_code: {FleetApp.LiveMerchant}\n    name: Shop",
        $"line 3: {FleetApp.LiveMerchant} is in the configuration: change it there (name: \"\" -> \"Shop\").")]
    [InlineData($"  - merchant_code: {FleetApp.Merchant}\n    sandbox: false",
        $"line 3: {FleetApp.Merchant} is a sandbox merchant, for good.")]
    [InlineData("  - sandbox: true\n    merchant_code: mfile9", "line 3: merchant_code must be 4 to 16")]
    [InlineData("  - merchant_code: MFILE009\n    sandbox: true\n    name: x\n    largest_amount: -1",
        "line 5: largest_amount must be")]
    [InlineData("  - merchant_code: MFILE009\n    readers:\n      - reader_id: rdr_0123456789ABCDEFGHJKMNPQRS\n"
        + "        name: x\n        tags:\n          - a b", "line 7: tags[0] must be")]
    [InlineData("  - merchant_code: MFILE009\n    stores:\n      - store: a\n        menu_lock: on",
        "line 5: Here must be a menu lock, as fields with values.")]
    [InlineData("  - merchant_code: MFILE009\n    stores:\n      - store: a\n        menu_lock:\n          passcode: x",
        "line 6: A menu lock has no field passcode; it has enabled.")]
    public async Task A_wrong_line_is_named_and_nothing_is_changed(string lines, string told)
    {
        var ran = await Office.Run("apply -f -", $"merchants:\n{lines}\n  - merchant_code: MFILE008\n");

        Assert.Equal(1, ran.Code);
        Assert.Contains(told, ran.Error, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was changed.\n", ran.Error, StringComparison.Ordinal);
        Assert.Equal("404", await fleet.HeadOffice().Get($"{MerchantCalls.Path}/MFILE008").Tried());
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    public async Task A_file_with_too_many_levels_is_refused_at_its_line(string level)
    {
        var deep = string.Concat(Enumerable.Repeat(level, 100_000));

        var ran = await Office.Run("apply -f -", $"merchants:\n  - merchant_code: MFILE009\n    stores: {deep}");

        Assert.Equal((1, "line 3: There are more than 32 levels.\nNothing was changed.\n"), (ran.Code, ran.Error));
    }

    [Fact]
    public async Task Menu_locks_are_set_by_a_file_and_passcodes_stay()
    {
        await using var device = await PairedAt("MFILE005");
        string File(string store, string reader) => $"""
            merchants:
              - merchant_code: MFILE005
                stores:
                  - store: default
                    menu_lock: {store}
                readers:
                  - reader_id: {device.ReaderId}
                    menu_lock: {reader}
            """;
        var (on, off, none) = ("{enabled: true}", "{enabled: false}", "\"\"");
        const string Store = "~ store MFILE005/default menu_lock:";
        var reader = $"~ reader MFILE005/{device.ReaderId} menu_lock:";

        var open = await Office.Run("apply -f -", File(on, off));
        await Office.Does("settings set --store default --passcode-file - --merchant MFILE005", "4711");
        var locks = await Office.Does("apply -f -", File(on, off));
        var exported = await Office.Does("export --merchant MFILE005");
        var same = await Office.Run("apply -f -", File(on, off));
        var again = await Office.Run("apply -f -", exported);
        var opens = await Office.Does("apply -f -", File(off, none));
        var shown = await Office.Tells("settings show --store default --show-passcode --merchant MFILE005");
        var cleared = await Office.Does("apply -f -", File(none, none));

        Assert.Equal((0, $"{reader} not set -> off\n"), (open.Code, open.Out));
        Assert.StartsWith("line 5: The store MFILE005/default has no passcode, so its menu is not locked: set one ",
            open.Error, StringComparison.Ordinal);
        Assert.Equal($"{Store} not set -> on\n", locks);
        Assert.All([same, again],
            ran => Assert.Equal((0, "", "There is nothing to change.\n"), (ran.Code, ran.Out, ran.Error)));
        Assert.DoesNotContain("4711", exported, StringComparison.Ordinal);
        Assert.Equal($"{Store} on -> off\n{reader} off -> not set\n", opens);
        Assert.Equal("4711", shown[0].GetProperty("menu_lock").GetProperty("passcode").GetString());
        Assert.Equal($"{Store} off -> not set\n", cleared);
    }

    [Fact]
    public async Task A_store_that_is_retired_and_used_is_found_before_a_change()
    {
        await using var device = await PairedAt("MFILE004");
        await Office.Does("stores create ulm --merchant MFILE004");
        await Office.Does($"readers move {device.ReaderId} --store ulm --merchant MFILE004");
        const string file = """
            merchants:
              - merchant_code: MFILE004
                name: Shop
                stores:
                  - store: ulm
                    retired: true
            """;

        var full = await Office.Run("apply -f -", file);
        var used = await Office.Run("apply -f -",
            $"{file}\n    readers:\n      - reader_id: {device.ReaderId}\n        store: ulm\n");

        Assert.Equal((1, 1), (full.Code, used.Code));
        Assert.StartsWith(
            "line 6: The store ulm of MFILE004 still has readers, ", full.Error, StringComparison.Ordinal);
        Assert.StartsWith("line 9: The store ulm is retired in this file.", used.Error, StringComparison.Ordinal);
        Assert.Equal("Corner shop", (await fleet.ReadMerchant("MFILE004")).Text("name"));
    }

    [Fact]
    public async Task An_export_makes_the_merchant_anew_in_another_installation()
    {
        var code = await fleet.MakeMerchant();
        await Office.Does($"stores create ulm --merchant {code}");
        var file = await Office.Does($"export --merchant {code}");
        await using var other = await FleetApp.Start();

        var made = await new Shell(other, FleetApp.ChainKey).Run("apply -f -", file);

        Assert.Equal((0, $"+ merchant {code} \"Corner shop\"\n+ store {code}/ulm \"ulm\"\n"), (made.Code, made.Out));
    }

    [Fact]
    public async Task A_change_that_fails_is_told_with_what_was_done()
    {
        var code = await fleet.MakeMerchant();
        await fleet.Change($"{code}/suspend", new { reason = "closed" });
        var own = await fleet.HeadOffice().MakeKey(
            new { name = "admin", merchant_code = code, scopes = new[] { "admin", "fleet.read", "readers.read" } });

        var ran = await new Shell(fleet, own.Key).Run("apply -f -", $"""
            merchants:
              - merchant_code: {code}
                name: Shop
                suspended: ""
            """);

        Assert.Equal(1, ran.Code);
        Assert.StartsWith("1 of 2 changes were made in ", ran.Error, StringComparison.Ordinal);
        Assert.Matches($"4 +~ merchant {code} starts payments again +This key is for one merchant", ran.Out);
    }

    private static string Lines(string[] lines) => string.Concat(lines.Select(line => $"{line}\n"));

    /// <summary>A reader of a merchant that is made for it.</summary>
    private async Task<TestDevice> PairedAt(string code)
    {
        using var made = await fleet.HeadOffice()
            .Post(MerchantCalls.Path, new { merchant_code = code, sandbox = true, name = "Corner shop" });
        return await fleet.PairedDevice(till: fleet.TillOf(code));
    }
}
