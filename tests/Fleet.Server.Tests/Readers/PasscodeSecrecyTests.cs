using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Api.Rest;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>A passcode is in nothing that a node writes: logs, traces, metrics, the audit, and its files.</summary>
public sealed partial class PasscodeSecrecyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Passcodes_are_in_no_log_no_trace_no_audit_no_metric_and_no_file_of_the_node()
    {
        var (lines, traces) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        using var listener = Listen(traces);
        await using var fleet = await FleetApp.StartWith(builder => builder.Logging.ClearProviders()
            .SetMinimumLevel(LogLevel.Trace).AddProvider(new LogLines(lines, LogLevel.Trace)),
            "--Logging:LogLevel:Default=Trace");
        await using var device = await fleet.LockableDevice();
        await UsePasscodes(fleet, device);
        using var audit = await fleet.Till.Get("/fleet/v1/audit");
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(fleet.OperationsAddress, "/metrics"), Cancel);
        await fleet.Stop();

        Assert.Contains(lines, line => line.Contains("settings", StringComparison.Ordinal));
        AssertWithout("a log", string.Join('\n', lines));
        AssertWithout("a trace", string.Join('\n', traces));
        AssertWithout("the audit", await audit.Content.ReadAsStringAsync(Cancel));
        AssertWithout("a metric", metrics);
        var files = Directory.GetFiles(fleet.Folder, "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, file => Encoding.Latin1.GetString(File.ReadAllBytes(file)));
        if (!fleet.IsOnPostgres)
            Assert.Contains(files.Values, text => text.Contains("SealedPasscode", StringComparison.Ordinal));
        foreach (var (file, text) in files) AssertWithout(file, text);
    }

    [Fact]
    public void Passcodes_are_in_no_text_of_a_record()
    {
        var settings = new MenuLockSettings(true, "9081");
        AssertWithout("a record", string.Join('\n',
            settings, new Configure(1, Guid.Empty, settings), new DeviceStatus(1, MenuLock: settings),
            new MenuLockView(true, "9081"), new UpdateReaderSettingsBody(new(true, "9081")),
            new ReaderSettingsView(new(new(true, "9081"))),
            new ReaderSettingsAppliedView(new("applied", new(true, "9081"))),
            new MenuLock(true, "9081"), new SettingsRecord { Own = new(true, "9081") }));
    }

    /// <summary>All that is done with passcodes: applied, refused, wrong, wanted, shown, said by a store.</summary>
    private static async Task UsePasscodes(FleetApp fleet, TestDevice device)
    {
        var path = $"readers/{device.ReaderId}/settings";
        var applied = fleet.Till.Patch(path, new { menu_lock = new { enabled = true, passcode = "9081" } });
        await device.Apply();
        Assert.Equal(HttpStatusCode.OK, (await applied).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await fleet.Till.Get(path)).StatusCode);
        var refused = fleet.Till.Patch(path, new { menu_lock = new { passcode = "9082" } });
        await device.Apply(refused: "9082 is too simple");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await refused).StatusCode);
        using var wrong = await fleet.Till.Patch(path, new { menu_lock = new { passcode = "9083 " } });
        using var broken = await fleet.Till.Send(
            HttpMethod.Patch, path, Lane.Json("""{"menu_lock":{"passcode":9084}}"""));
        var wanted = fleet.Till.Patch($"/fleet/v1/{path}", new { menu_lock = new { passcode = "9085" } });
        await device.Apply();
        Assert.Equal(HttpStatusCode.OK, (await wanted).StatusCode);
        using var shown = await fleet.Till.Get($"/fleet/v1/{path}?show_passcode=true");
        Assert.Contains("9085", await shown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        using var said = await fleet.Till.Patch(
            "/fleet/v1/stores/default/settings", new { menu_lock = new { enabled = true, passcode = "9086" } });
        Assert.Equal(HttpStatusCode.OK, said.StatusCode);
        device.MenuLock = new(true, "9087");
        await device.TellMenuLock();
        var again = device.Apply();
        await Eventually.Equal(true, () => Task.FromResult(again.IsCompleted), () => fleet.Pass(1));
        Assert.Equal("9085", (await again).Passcode);
        await device.Send(new DeviceStatus(device.Epoch, MenuLock: new(true, "9088x")));
        await device.Ended();
    }

    private static void AssertWithout(string place, string text)
    {
        if (Passcode().Match(text) is { Success: true } found)
            Assert.Fail($"{found.Value} is in {place}: {text[Math.Max(0, found.Index - 200)..found.Index]}");
    }

    private static ActivityListener Listen(ConcurrentQueue<string> traces)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => traces.Enqueue(
                $"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events)}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>Not as a part of a longer number or word, as in an id.</summary>
    [GeneratedRegex("(?<![0-9A-Za-z_.-])908[0-9](?![0-9A-Za-z_-])")]
    private static partial Regex Passcode();
}
