using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Tests;

/// <summary>The calls to SumUp's cloud in the trace of a checkout.</summary>
public sealed class CloudTraceTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private ActivityListener? _listener;
    private CloudLane? _lane;

    private CloudLane Lane => _lane ?? throw new InvalidOperationException("It is not open.");

    public async ValueTask InitializeAsync()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name is CheckoutTrace.Source or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> asked) => asked.TraceId == _trace
                ? ActivitySamplingResult.AllDataAndRecorded // tests beside this one have traces of their own
                : ActivitySamplingResult.None,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
        _lane = await CloudLane.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        if (_lane is not null) await _lane.DisposeAsync();
    }

    [Fact]
    public async Task Each_call_to_the_cloud_is_a_step_of_the_checkout_and_names_no_address()
    {
        Lane.HasCheckouts = true;
        var (word, id) = await Lane.Start(null, ("traceparent", $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01"));
        Assert.Equal("201", word);
        using (await Lane.Till.Post($"readers/{Lane.ReaderId}/terminate", new { })) { }
        await Eventually.Equal(true, () => Task.FromResult(Find("cloud.terminate") is not null),
            () => Lane.Fleet.Pass(1));
        Lane.Transaction = CloudLane.Paid(id);
        Lane.HasCheckouts = false;
        await Lane.Becomes(id, "successful");

        Assert.Equal(("201", "accepted"), (Tag("cloud.create", "status"), Tag("cloud.create", "verdict")));
        Assert.NotNull(Find("cloud.read"));
        Assert.All(_spans.Where(span => span.OperationName.StartsWith("cloud.", StringComparison.Ordinal)), span =>
        {
            Assert.Equal((_trace, ActivityKind.Client), (span.TraceId, span.Kind));
            Assert.DoesNotContain(span.TagObjects, tag => $"{tag.Value}" is var text
                && (text.Contains("http", StringComparison.Ordinal) || text.Contains("c-1", StringComparison.Ordinal)
                    || text.Contains("callback", StringComparison.Ordinal)));
        });
    }

    private Activity? Find(string name) => _spans.FirstOrDefault(span => span.OperationName == name);

    private string Tag(string name, string tag) => $"{Find(name)?.GetTagItem($"fleet.cloud.{tag}")}";
}
