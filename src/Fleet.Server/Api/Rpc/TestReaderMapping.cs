using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Webhooks;
using Fleet.Server.Stores;
using Fleet.Simulator;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Test readers as callers ask for them and see them.</summary>
internal static class TestReaderMapping
{
    /// <summary>The most readers of one call.</summary>
    public const int MaxAtOnce = 100;

    public static Proto.TestReader ToMessage(this TestedReader tested) => new()
    {
        ReaderId = tested.Reader.Id,
        Name = tested.Reader.Pairing.Name,
        Store = tested.Reader.Pairing.Store,
        Serial = tested.Reader.Pairing.Device.Serial,
        Online = tested.Scene is not null,
        Scene = tested.Scene?.ToMessage(),
        Checkout = tested.Checkout?.ToMessage(),
    };

    /// <summary>How long a caller wants to wait, in milliseconds; null for not at all.</summary>
    public static int? ReadWait(int seconds) => seconds switch
    {
        0 => null,
        > 0 and <= TestReaderCommands.MaxWait => seconds * 1_000,
        _ => throw RpcErrors.InvalidField("wait_seconds", $"must be from 0 to {TestReaderCommands.MaxWait}"),
    };

    /// <summary>How many readers are wanted.</summary>
    public static int CheckCount(this FieldCheck fields, int count)
    {
        if (count is < 0 or > MaxAtOnce) fields.AddError("count", $"must be from 1 to {MaxAtOnce}");
        return count == 0 ? 1 : count;
    }

    /// <summary>How the customers of new readers behave.</summary>
    public static TestReaderPlan CheckPlan(this FieldCheck fields, Proto.CreateTestReadersRequest ask)
    {
        var pace = ask.HasPace ? ask.Pace : 0;
        if (!(pace is >= 0 and <= Cardholder.MaxPace))
            fields.AddError("pace", $"must be from 0 to {Cardholder.MaxPace}");
        return new(fields.CheckScenario(ask.Scenario.Length == 0 ? "manual" : ask.Scenario),
            ask.HasSeed ? ask.Seed : 1, pace);
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

    public static DeviceWish ToWish(this Proto.PresentRequest ask) => new()
    {
        Do = Wishes.Present,
        WaitMs = ReadWait(ask.WaitSeconds),
        Card = NullIfEmpty(ask.Card),
        Method = NullIfEmpty(ask.Method),
        Pin = NullIfEmpty(ask.Pin),
        TipRate = ask.HasTipRate ? CheckoutMapping.ToRate(ask.TipRate) : null,
    };

    public static DeviceWish ToWish(this Proto.LinkFaultsRequest ask) => new()
    {
        Do = Wishes.Link,
        WaitMs = ReadWait(ask.WaitSeconds),
        CutMs = ask.HasCutMs ? ask.CutMs : null,
        LagMs = ask.HasLagMs ? ask.LagMs : null,
        SwallowResults = ask.HasSwallowResults ? ask.SwallowResults : null,
        RepeatResults = ask.HasRepeatResults ? ask.RepeatResults : null,
        DieAfterCharge = ask.HasDieAfterCharge ? ask.DieAfterCharge : null,
        OffMs = ask.HasOffMs ? ask.OffMs : null,
    };

    public static DeviceWish ToWish(this Proto.SetTestReaderRequest ask) => new()
    {
        Do = Wishes.Set,
        WaitMs = ReadWait(ask.WaitSeconds),
        Battery = ask.HasBattery ? ask.Battery : null,
        Connection = ask.HasConnection ? ask.Connection : null,
        Firmware = ask.HasFirmware ? CheckFirmware(ask.Firmware) : null,
        Updating = ask.HasUpdating ? ask.Updating : null,
    };

    public static DeviceWish ToWish(this Proto.ScriptRequest ask)
    {
        const int most = 100;
        if (ask.Steps.Count > most) throw RpcErrors.InvalidField("steps", $"must be at most {most}");
        return new()
        {
            Do = Wishes.Script, WaitMs = ReadWait(ask.WaitSeconds), Steps = [.. ask.Steps.Select(ToWish)],
        };
    }

    public static DeviceWish ToWish(this Proto.ScenarioRequest ask)
    {
        var fields = new FieldCheck();
        fields.CheckScenario(ask.Scenario);
        if (ask.HasPace && !(ask.Pace is >= 0 and <= Cardholder.MaxPace))
            fields.AddError("pace", $"must be from 0 to {Cardholder.MaxPace}");
        RpcErrors.ThrowIfAny(fields);
        return new()
        {
            Do = Wishes.Scenario,
            WaitMs = ReadWait(ask.WaitSeconds),
            Scenario = ask.Scenario,
            Seed = ask.HasSeed ? ask.Seed : null,
            Pace = ask.HasPace ? ask.Pace : null,
        };
    }

    private static DeviceWish ToWish(Proto.TestStep step) => new()
    {
        Do = ShortWord("do", step.Do),
        Card = NullIfEmpty(step.Card),
        Method = NullIfEmpty(step.Method),
        Pin = NullIfEmpty(step.Pin),
        TipRate = step.HasTipRate ? CheckoutMapping.ToRate(step.TipRate) : null,
        Key = NullIfEmpty(step.Key),
    };

    private static Scenario CheckScenario(this FieldCheck fields, string name)
    {
        if (ScenarioNames.FindScenario(name) is { } found) return found;
        fields.AddError("scenario", $"must be one of {string.Join(", ", ScenarioNames.All)}");
        return Scenario.Manual;
    }

    private static string CheckFirmware(string text) => new Device("any", Device.VirtualSolo, text).IsValid
        ? text
        : throw RpcErrors.InvalidField("firmware", $"must have 1 to {Device.MaxText} printable characters");

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : ShortWord("steps", text);

    /// <summary>A word that fits into a frame; the device says which words it knows.</summary>
    private static string ShortWord(string field, string text) => text.Length <= Links.SceneRules.MaxWord
        ? text
        : throw RpcErrors.InvalidField(field, "has a word that is too long");

    private static Proto.Scene ToMessage(this DeviceScene scene)
    {
        var message = new Proto.Scene
        {
            Version = scene.Version,
            Screen = scene.Screen,
            CheckoutId = scene.CheckoutId?.ToString() ?? "",
            Amount = scene.Amount ?? 0,
            Currency = scene.Currency ?? "",
            LastCheckoutId = scene.LastCheckoutId?.ToString() ?? "",
            LastOutcome = scene.LastOutcome ?? "",
            LastReason = scene.LastReason ?? "",
            WaitingResults = scene.WaitingResults,
            Charges = scene.Charges,
            Scripted = scene.Scripted,
            Scenario = scene.Scenario ?? "",
            Battery = scene.Battery ?? 0,
            Connection = scene.Connection ?? "",
            Firmware = scene.Firmware ?? "",
        };
        if (scene.Tip is { } tip) message.Tip = tip;
        return message;
    }
}
