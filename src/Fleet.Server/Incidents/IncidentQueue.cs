using System.Threading.Channels;
using Fleet.Core.Incidents;

namespace Fleet.Server.Incidents;

/// <summary>
/// Takes occurrences from rooms that must not wait, and notes them in the database. What is lost, because the queue is
/// full or the node dies, is found again by the sweep, or happens again.
/// </summary>
internal sealed class IncidentQueue(
    IIncidents incidents, IncidentTeller teller, TimeProvider time, ILogger<IncidentQueue> log) : BackgroundService
{
    /// <summary>Occurrences that wait to be written.</summary>
    private const int MaxWaiting = 1_000;

    /// <summary>How often it looks without a signal, and how long it waits when the database is away.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly Channel<Occurrence?> _waiting = Channel.CreateBounded<Occurrence?>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Notes an occurrence later, and waits for nothing.</summary>
    public void Note(Occurrence? seen)
    {
        if (seen is not null) _waiting.Writer.TryWrite(seen);
    }

    /// <summary>Looks for incidents that the ledger wrote.</summary>
    public void Wake() => _waiting.Writer.TryWrite(null);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var timer = time.CreateTimer(_ => Wake(), null, Period, Period);
        while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
        {
            await Task.Yield(); // the SQLite calls run synchronously
            try
            {
                while (_waiting.Reader.TryPeek(out var next))
                {
                    if (next is not null) await incidents.NoteOccurrence(next, time.Now());
                    _waiting.Reader.TryRead(out _);
                }
                await teller.TellAll(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.IncidentsPutOff(e.GetBaseException().Message);
                if (!TransientFailure.Is(e)) _waiting.Reader.TryRead(out _); // it would fail again
                await Task.Delay(Period, time, stoppingToken); // then the first in the queue is tried again
            }
        }
    }
}
