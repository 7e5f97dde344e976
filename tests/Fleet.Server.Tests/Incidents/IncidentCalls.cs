using System.Text.Json;
using Fleet.Core.Incidents;
using Fleet.Server.Incidents;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Reads and makes incidents.</summary>
internal static class IncidentCalls
{
    public const string Path = "/fleet/v1/incidents";

    private static int _reader;

    /// <summary>Opens an incident about a reader of the merchant; returns its id.</summary>
    public static async Task<Guid> OpenIncident(this FleetApp fleet, string store = "default")
    {
        var subject = new IncidentSubject
        {
            MerchantCode = FleetApp.Merchant, Store = store, ReaderId = $"made-{Interlocked.Increment(ref _reader)}",
        };
        var (incidents, now) = (fleet.Services.GetRequiredService<IIncidents>(), fleet.Clock.GetUtcNow());
        await incidents.NoteOccurrence(new(IncidentKind.ReaderFlapping, subject, "It comes and goes.", now), now);
        return (await incidents.ListIncidents(new(500), TestContext.Current.CancellationToken))
            .Single(one => one.Subject == subject).Id;
    }

    /// <summary>Incidents, as the API lists them.</summary>
    public static async Task<JsonElement[]> Incidents(this Till till, string query = "")
    {
        using var answer = await till.Get($"{Path}?{query}");
        return [.. (await answer.Json()).GetProperty("incidents").EnumerateArray()];
    }

    /// <summary>What is open about a thing, as <c>kind count</c>; empty for nothing.</summary>
    public static async Task<string> OpenAbout(this Till till, string member, object value) => string.Join(", ",
        (await till.Incidents("state=open")).Where(one => one.Text(member) == $"{value}")
        .Select(one => $"{one.Text("kind")} {one.GetProperty("count")}"));

    /// <summary>How the newest incident of a thing is: <c>state/resolution/by</c>.</summary>
    public static async Task<string> NewestAbout(this Till till, string member, object value) =>
        (await till.Incidents()).Where(one => one.Text(member) == $"{value}")
        .Select(one => $"{one.Text("state")}/{one.Text("resolution")}/{one.Text("resolved_by")}").FirstOrDefault("");
}
