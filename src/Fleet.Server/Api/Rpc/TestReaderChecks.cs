using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Webhooks;
using Fleet.Simulator;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Checks what tests ask for.</summary>
internal static class TestReaderChecks
{
    /// <summary>The most readers of one call.</summary>
    public const int MaxAtOnce = 100;

    /// <summary>How many readers are wanted.</summary>
    public static int CheckCount(this FieldCheck fields, int count)
    {
        if (count is < 0 or > MaxAtOnce) fields.AddError("count", $"must be from 1 to {MaxAtOnce}");
        return count == 0 ? 1 : count;
    }

    /// <summary>How the customers of new readers behave.</summary>
    public static TestReaderPlan CheckPlan(this FieldCheck fields, Proto.CreateTestReadersRequest ask)
    {
        var pace = fields.CheckPace(ask.HasPace ? ask.Pace : 0);
        return new(fields.CheckScenario(ask.Scenario.Length == 0 ? "manual" : ask.Scenario),
            ask.HasSeed ? ask.Seed : 1, pace);
    }

    public static double CheckPace(this FieldCheck fields, double pace)
    {
        if (!(pace is >= 0 and <= Cardholder.MaxPace))
            fields.AddError("pace", $"must be from 0 to {Cardholder.MaxPace}");
        return pace;
    }

    /// <summary>The orders to pair new readers, without their codes.</summary>
    public static IReadOnlyList<PairReader> CheckReaders(
        this FieldCheck fields, Proto.CreateTestReadersRequest ask, int count, MerchantScope merchant)
    {
        var (name, tags) = (ask.Name.Length == 0 ? "Test" : ask.Name, fields.CheckTags("tags", ask.Tags));
        fields.CheckName(count == 1 ? name : $"{name} {count}");
        if (ask.Store.Length > 0) fields.CheckStore("store", ask.Store);
        return [.. Enumerable.Range(1, fields.Errors.Count == 0 ? count : 0).Select(number => new PairReader(
            merchant.Code, Sandbox: true, RandomIds.NewReaderId(), Code: "",
            count == 1 ? name : FormattableString.Invariant($"{name} {number}"), null, tags, merchant.Reach.Store))];
    }

    /// <summary>What goes wrong with webhooks.</summary>
    public static WebhookFaults CheckFaults(this FieldCheck fields, Proto.WebhookFaults ask)
    {
        if (ask.FailNext is < 0 or > WebhookFaults.MaxFailures)
            fields.AddError("fail_next", $"must be from 0 to {WebhookFaults.MaxFailures}");
        if (ask.DelayMs is < 0 or > WebhookFaults.MaxDelayMs)
            fields.AddError("delay_ms", $"must be from 0 to {WebhookFaults.MaxDelayMs}");
        return new(ask.FailNext, TimeSpan.FromMilliseconds(ask.DelayMs), ask.Twice, ask.BeforeAnswer);
    }

    public static Scenario CheckScenario(this FieldCheck fields, string name)
    {
        if (ScenarioNames.FindScenario(name) is { } found) return found;
        fields.AddError("scenario", $"must be one of {string.Join(", ", ScenarioNames.All)}");
        return Scenario.Manual;
    }

    /// <summary>Not a number is no percentage, and no JSON.</summary>
    public static double CheckBattery(double percent) => percent is >= 0 and <= 100
        ? percent
        : throw RpcErrors.InvalidField("battery", "must be from 0 to 100");

    public static decimal CheckRate(double rate) => rate is >= 0 and <= 1
        ? CheckoutMapping.ToRate(rate)
        : throw RpcErrors.InvalidField("tip_rate", "must be from 0 to 1");

    public static string CheckFirmware(string text) => new Device("any", Device.VirtualSolo, text).IsValid
        ? text
        : throw RpcErrors.InvalidField("firmware", $"must have 1 to {Device.MaxText} printable characters");
}
