using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>
/// Reads the stream of the merchant from one node. When that ends it opens it again, and continues from the last event.
/// </summary>
internal sealed class Follower(ServerProcess node)
{
    private static readonly TimeSpan AsksAgainAfter = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<Told> _told = new();

    public string Node => node.Address.Authority;

    /// <summary>Outcomes, in the order they came.</summary>
    public IReadOnlyCollection<Told> Outcomes => _told;

    /// <summary>Streams that were opened.</summary>
    public int Opened { get; private set; }

    public async Task Follow(CancellationToken end)
    {
        using var timer = new PeriodicTimer(AsksAgainAfter);
        for (string? last = null; !end.IsCancellationRequested;)
        {
            try
            {
                using var answer = await node.Till.Open("/fleet/v1/events", last);
                if (answer.IsSuccessStatusCode) last = await Read(answer, last, end);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The node is gone, or the test is over.
            }
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Until the stream ends or breaks; returns the last id that came.</summary>
    private async Task<string?> Read(HttpResponseMessage answer, string? last, CancellationToken end)
    {
        var opened = TimeProvider.System.GetUtcNow();
        Opened++;
        try
        {
            var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(end)).EnumerateAsync(end);
            await foreach (var one in events)
            {
                last = one.EventId ?? last;
                if (one.EventType is not ("succeeded" or "failed" or "cancelled")) continue;
                var id = JsonElement.Parse(one.Data).GetProperty("checkout").GetProperty("checkout_id").GetGuid();
                _told.Enqueue(new(id, one.EventType, TimeProvider.System.GetUtcNow(), opened));
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The connection broke.
        }
        return last;
    }
}

/// <summary>An outcome that a stream told.</summary>
/// <param name="Checkout">Whose.</param>
/// <param name="Kind">As the ledger writes it.</param>
/// <param name="At">When it arrived.</param>
/// <param name="Opened">When the stream was opened: what was committed before that is an old story.</param>
internal sealed record Told(Guid Checkout, string Kind, DateTimeOffset At, DateTimeOffset Opened);
