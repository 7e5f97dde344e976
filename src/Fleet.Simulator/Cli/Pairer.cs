using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Simulator.Cli;

/// <summary>Does the work of the person at the till: enters the code of each new reader into the API.</summary>
internal sealed class Pairer : IDisposable
{
    /// <summary>Codes that are entered at the same time.</summary>
    private const int AtOnce = 8;

    /// <summary>From this status on the node is at fault, and the same code is tried again.</summary>
    private const int FirstFault = 500;

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15), LookEvery = TimeSpan.FromSeconds(0.5);

    private readonly PairingSettings _settings;
    private readonly IReadOnlyList<VirtualReader> _readers;
    private readonly Notices _notices;
    private readonly HttpClient _api = new() { Timeout = AnswerLimit };

    private Uri ReadersPath =>
        new(_settings.Api, $"/v0.1/merchants/{Uri.EscapeDataString(_settings.Merchant)}/readers");

    /// <summary>The last code of each device that needs no try before a moment, by serial number.</summary>
    private readonly ConcurrentDictionary<string, (string Code, DateTimeOffset Until)> _done = new();

    public Pairer(PairingSettings settings, IReadOnlyList<VirtualReader> readers, Notices notices)
    {
        (_settings, _readers, _notices) = (settings, readers, notices);
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", settings.Key);
    }

    public void Dispose() => _api.Dispose();

    /// <summary>Pairs until <paramref name="cancel"/>.</summary>
    public async Task PairUntilStopped(TimeProvider clock, CancellationToken cancel)
    {
        var bounds = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel };
        try
        {
            while (true)
            {
                var waiting = FindWaiting(clock.GetUtcNow()).ToList();
                await Parallel.ForEachAsync(waiting, bounds, async (reader, stop) =>
                    await TypeCode(reader, clock.GetUtcNow(), stop));
                if (waiting.Count > 0) await RemoveReplaced(cancel);
                await Task.Delay(LookEvery, clock, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Ctrl-C.
        }
    }

    private IEnumerable<ReaderSnapshot> FindWaiting(DateTimeOffset now) => _readers
        .Select(reader => reader.Snapshot)
        .Where(shown => shown.PairingCode is { } code
            && _done.GetValueOrDefault(shown.Serial) is var done && (done.Code != code || done.Until <= now));

    private async Task TypeCode(ReaderSnapshot reader, DateTimeOffset now, CancellationToken cancel)
    {
        if (reader.PairingCode is not { } code) return;
        var name = _readers.Count == 1 ? _settings.Name : $"{_settings.Name} {reader.Serial}";
        var body = new Dictionary<string, string> { ["pairing_code"] = code, ["name"] = name };
        try
        {
            using var answer = await _api.PostAsJsonAsync(ReadersPath, body, cancel);
            if (!answer.IsSuccessStatusCode) _notices.AddNotice(await ExplainAnswer(answer, cancel));
            if (answer.Headers.RetryAfter?.Delta is { } wait) _done[reader.Serial] = (code, now + wait);
            else if ((int)answer.StatusCode < FirstFault) _done[reader.Serial] = (code, DateTimeOffset.MaxValue);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            _notices.AddNotice($"Pairing failed: {e.Message}");
        }
    }

    /// <summary>
    /// Deletes the readers that these devices were before: a device without a journal is paired anew in each run.
    /// </summary>
    private async Task RemoveReplaced(CancellationToken cancel)
    {
        var mine = _readers.Select(reader => reader.Snapshot.Serial).ToHashSet();
        try
        {
            var list = await _api.GetFromJsonAsync<JsonObject>(ReadersPath, cancel);
            foreach (var reader in list?["items"]?.AsArray() ?? [])
            {
                if ((string?)reader?["status"] is not "expired" || (string?)reader["id"] is not { } id
                    || !mine.Contains((string?)reader["device"]?["identifier"] ?? "")) continue;
                using var answer = await _api.DeleteAsync(new Uri($"{ReadersPath}/{Uri.EscapeDataString(id)}"), cancel);
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException
            && !cancel.IsCancellationRequested)
        {
            _notices.AddNotice($"Readers of earlier runs were not deleted: {e.Message}");
        }
    }

    private static async Task<string> ExplainAnswer(HttpResponseMessage answer, CancellationToken cancel) =>
        $"Pairing was answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancel)}";
}
