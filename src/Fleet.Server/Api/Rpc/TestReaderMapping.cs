using Fleet.Core.Checkouts;
using Fleet.Protocol;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Test readers as callers ask for them and see them.</summary>
internal static class TestReaderMapping
{
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

    public static DeviceWish ToWish(this Proto.PresentRequest ask) => new()
    {
        Do = Wishes.Present,
        WaitMs = ReadWait(ask.WaitSeconds),
        Card = NullIfEmpty(ask.Card),
        Method = NullIfEmpty(ask.Method),
        Pin = NullIfEmpty(ask.Pin),
        TipRate = ask.HasTipRate ? TestReaderChecks.CheckRate(ask.TipRate) : null,
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
        Battery = ask.HasBattery ? TestReaderChecks.CheckBattery(ask.Battery) : null,
        Connection = ask.HasConnection ? ask.Connection : null,
        Firmware = ask.HasFirmware ? TestReaderChecks.CheckFirmware(ask.Firmware) : null,
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
        if (ask.HasPace) fields.CheckPace(ask.Pace);
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
        TipRate = step.HasTipRate ? TestReaderChecks.CheckRate(step.TipRate) : null,
        Key = NullIfEmpty(step.Key),
    };

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
