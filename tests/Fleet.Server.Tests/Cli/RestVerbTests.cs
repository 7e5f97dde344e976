using System.Text.Json;
using Fleet.Cli;

namespace Fleet.Server.Tests;

/// <summary>Each thing that REST can do has a verb of the command line.</summary>
public sealed class RestVerbTests
{
    /// <summary>The verb for each operation of the API description.</summary>
    private static readonly Dictionary<string, string> Verbs = new()
    {
        ["CreateGoReaderCheckout"] = "checkout start",
        ["RefundTransaction"] = "refund",
        ["GetReceipt"] = "receipt",
        ["GetMerchant"] = "merchants show",
        ["ListPaymentMethods"] = "merchants payment-methods",
        ["ListReaders"] = "readers list",
        ["CreateReader"] = "readers pair",
        ["GetReader"] = "readers show",
        ["UpdateReader"] = "readers rename",
        ["DeleteReader"] = "readers unpair",
        ["GetReaderStatus"] = "readers show",
        ["GetReaderSettings"] = "settings show",
        ["UpdateReaderSettings"] = "settings set",
        ["CreateReaderCheckout"] = "checkout start",
        ["GetReaderCheckout"] = "checkout show",
        ["CreateReaderTerminate"] = "checkout terminate",
        ["GetCheckoutTimeline"] = "why",
        ["WatchCheckout"] = "checkout watch",
        ["WatchMerchant"] = "checkout watch",
        ["GetTransaction"] = "transactions show",
        ["ListTransactions"] = "transactions list",
        ["ListWebhooks"] = "webhooks list",
        ["GetWebhook"] = "webhooks show",
        ["ReplayWebhook"] = "webhooks replay",
        ["ReplayWebhooks"] = "webhooks replay",
        ["TestWebhook"] = "webhooks test",
        ["Checkouts_Start"] = "checkout start",
        ["Checkouts_Start_2"] = "checkout start",
        ["Checkouts_Start_3"] = "checkout start",
        ["Checkouts_List"] = "checkout list",
        ["Checkouts_Get"] = "checkout show",
        ["Checkouts_Wait"] = "checkout watch",
        ["Checkouts_RecordOutcome"] = "checkout record",
        ["Checkouts_Terminate"] = "checkout terminate",
        ["Checkouts_Release"] = "checkout release",
        ["Checkouts_RecordRefund"] = "checkout record-refund",
        ["Readers_Pair"] = "readers pair",
        ["Readers_List"] = "readers list",
        ["Readers_PairMany"] = "readers pair",
        ["Readers_Get"] = "readers show",
        ["Readers_Rename"] = "readers rename",
        ["Readers_Unpair"] = "readers unpair",
        ["Readers_Watch"] = "readers watch",
        ["Readers_Move"] = "readers move",
        ["Readers_ChangeMany"] = "readers move",
        ["Readers_Adopt"] = "readers adopt",
        ["Settings_GetReader"] = "settings show",
        ["Settings_SetReader"] = "settings set",
        ["Settings_ClearReader"] = "settings clear",
        ["Settings_GetStore"] = "settings show",
        ["Settings_SetStore"] = "settings set",
        ["Settings_ClearStore"] = "settings clear",
        ["Stores_Create"] = "stores create",
        ["Stores_List"] = "stores list",
        ["Stores_Get"] = "stores show",
        ["Stores_Rename"] = "stores rename",
        ["Stores_Retire"] = "stores retire",
        ["Stores_Board"] = "stores board",
        ["Stores_WatchBoard"] = "readers watch",
        ["FleetStatus_Get"] = "status",
        ["Keys_Create"] = "keys create",
        ["Keys_List"] = "keys list",
        ["Keys_Self"] = "keys self",
        ["Keys_Rotate"] = "keys rotate",
        ["Keys_Revoke"] = "keys revoke",
        ["Audit_List"] = "audit export",
        ["Audit_Verify"] = "audit verify",
        ["Merchants_Create"] = "merchants create",
        ["Merchants_List"] = "merchants list",
        ["Merchants_Get"] = "merchants show",
        ["Merchants_Update"] = "merchants update",
        ["Merchants_Suspend"] = "merchants suspend",
        ["Merchants_Resume"] = "merchants resume",
        ["Merchants_AddAffiliateKey"] = "merchants add-affiliate-key",
        ["Merchants_RetireAffiliateKey"] = "merchants retire-affiliate-key",
        ["Merchants_RotateWebhookSecret"] = "merchants rotate-secret",
        ["Merchants_GetLink"] = "merchants show",
        ["Merchants_Link"] = "merchants link",
        ["Merchants_Unlink"] = "merchants unlink",
        ["Reconciliation_RunDay"] = "reconcile",
        ["Reconciliation_GetDay"] = "reconcile",
        ["Totals_List"] = "totals",
        ["Totals_Rebuild"] = "totals rebuild",
        ["Devices_Get"] = "device",
        ["Incidents_List"] = "incidents list",
        ["Incidents_Get"] = "incidents show",
        ["Incidents_Assign"] = "incidents assign",
        ["Incidents_AddNote"] = "incidents note",
        ["Incidents_Resolve"] = "incidents resolve",
        ["Incidents_Retell"] = "incidents retell",
        ["Retention_Get"] = "retention show",
        ["Retention_Run"] = "retention run",
        ["TestReaders_Create"] = "test create",
        ["TestReaders_GetState"] = "test state",
        ["TestReaders_Watch"] = "test watch",
        ["TestReaders_Present"] = "test present",
        ["TestReaders_RemoveCard"] = "test remove-card",
        ["TestReaders_Press"] = "test press",
        ["TestReaders_ChooseTip"] = "test choose-tip",
        ["TestReaders_Power"] = "test power",
        ["TestReaders_Link"] = "test link",
        ["TestReaders_Set"] = "test set",
        ["TestReaders_Script"] = "test script",
        ["TestReaders_Scenario"] = "test scenario",
        ["TestReaders_Reset"] = "test reset",
        ["TestReaders_SetWebhookFaults"] = "test webhooks",
        ["TestReaders_GetSandboxCode"] = "sandbox code",
    };

    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public void Each_operation_of_rest_has_a_verb()
    {
        using var described = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("openapi.json")));
        var operations = described.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .Where(route => Methods.Contains(route.Name))
            .Select(route => route.Value.GetProperty("operationId").GetString());

        Assert.Equal(Verbs.Keys.Order(StringComparer.Ordinal), operations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_of_these_verbs_is_known_and_explained()
    {
        foreach (var verb in Verbs.Values.Distinct())
        {
            var told = await new Shell(new Uri("http://127.0.0.1:1")).Does($"help {verb}");
            Assert.Contains($"fleet {verb} ", told.ReplaceLineEndings(" "), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_verbs_can_be_listed() => Assert.Superset(
        Verbs.Values.Select(verb => verb.Split(' ')[0]).ToHashSet(), CommandLine.Verbs.ToHashSet());
}
