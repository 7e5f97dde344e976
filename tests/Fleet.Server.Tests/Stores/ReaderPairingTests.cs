using System.Net;
using Fleet.Core;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>A pairing that ends at its claim leaves nothing behind.</summary>
public sealed class ReaderPairingTests
{
    [Fact]
    public async Task A_claim_that_is_refused_leaves_neither_a_reader_nor_a_roster_entry()
    {
        await using var app = await FleetApp.Start(Answer(
            call => call.Result = new PairingClaim(null, Refusal.PairingCodeUsed), out var claims));
        await using var device = await app.Device();
        await device.Introduce();
        var ask = new { pairing_code = (await device.Expect<PairingCode>()).Code, name = "Lane" };
        claims.Fail = true;
        using var refused = await app.Till.Post("readers", ask);

        Assert.Equal("409 READER_NOT_PENDING", await refused.Refusal());
        var board = await app.Store("default").GetBoard(null);
        Assert.True(board is { Lines.Count: 0, Silent.Count: 0 });
        claims.Fail = false;
        using var paired = await app.Till.Post("readers", ask);
        Assert.Equal(HttpStatusCode.Created, paired.StatusCode);
    }

    [Fact]
    public async Task A_pairing_cut_off_at_its_claim_leaves_a_roster_entry_that_the_store_forgets()
    {
        await using var app = await FleetApp.Start(Answer(_ => throw new TimeoutException(), out var claims));
        await using var device = await app.Device();
        await device.Introduce();
        var ask = new { pairing_code = (await device.Expect<PairingCode>()).Code, name = "Lane" };
        claims.Fail = true;
        using var failed = await app.Till.Post("readers", ask);

        await failed.MustRefuse(503, code: "SERVICE_UNAVAILABLE");
        Assert.Equal(1, await Silent());
        await Eventually.Equal(0, Silent, between: () => app.Pass(2));
        claims.Fail = false;
        using var paired = await app.Till.Post("readers", ask);
        Assert.Equal(HttpStatusCode.Created, paired.StatusCode);

        async Task<int?> Silent() => (await app.Store("default").GetBoard(null))?.Silent.Count;
    }

    [Fact]
    public async Task A_fault_of_the_server_is_told_as_such()
    {
        await using var app = await FleetApp.Start(Answer(_ => throw new NotSupportedException(), out var claims));
        await using var device = await app.Device();
        await device.Introduce();
        var ask = new { pairing_code = (await device.Expect<PairingCode>()).Code, name = "Lane" };
        claims.Fail = true;

        using var failed = await app.Till.Post("readers", ask);

        await failed.MustRefuse(500, code: "INTERNAL_ERROR");
    }

    [Fact]
    public async Task One_pairing_among_many_whose_end_is_not_known_says_so()
    {
        await using var app = await FleetApp.Start(Answer(_ => throw new TimeoutException(), out var claims));
        await using var device = await app.Device();
        await device.Introduce();
        var pair = new Proto.PairRequest { PairingCode = (await device.Expect<PairingCode>()).Code, Name = "Lane" };
        claims.Fail = true;
        using var caller = new RpcCaller(app);
        using var many = caller.Readers.PairMany(
            new() { Readers = { pair } }, caller.Headers, cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(await many.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal("UNKNOWN", many.ResponseStream.Current.Refused.Reason);
    }

    [Fact]
    public async Task A_reader_that_is_asked_before_it_is_made_stays_in_its_store()
    {
        var late = new LateAnswer();
        await using var app = await FleetApp.Start(builder => builder.Services
            .AddSingleton<IIncomingGrainCallFilter>(late).AddSingleton<IOutgoingGrainCallFilter>(late));
        using var caller = new RpcCaller(app);
        var store = await caller.Store("late");
        await using var device = await app.Device();
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        late.Begin(() => app.Pass(2));

        var reader = await caller.Readers.PairAsync(new() { PairingCode = code, Name = "Lane", Store = store },
            caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        await late.Answered;
        for (var look = 0; look < 20; look++)
            Assert.Equal(reader.ReaderId, Assert.Single((await caller.Board(store)).Readers).ReaderId);
    }

    private static Action<WebApplicationBuilder> Answer(
        Action<IIncomingGrainCallContext> claim, out Claims claims)
    {
        var filter = claims = new(claim);
        return builder => builder.Services.AddSingleton<IIncomingGrainCallFilter>(filter);
    }

    /// <summary>Answers claims in place of the codes, while it is told to.</summary>
    private sealed class Claims(Action<IIncomingGrainCallContext> answer) : IIncomingGrainCallFilter
    {
        private volatile bool _fail;

        public bool Fail
        {
            set => _fail = value;
        }

        public Task Invoke(IIncomingGrainCallContext call)
        {
            if (!_fail || call is not { Grain: IPairingGrain, MethodName: nameof(IPairingGrain.ClaimOffer) })
                return call.Invoke();
            answer(call);
            return Task.CompletedTask;
        }
    }

    /// <summary>
    /// Lets a store ask a reader that is not made yet, and gives it the answer after the reader reported.
    /// </summary>
    private sealed class LateAnswer : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

        private readonly TaskCompletionSource _asked = NewSignal(), _reported = NewSignal(), _answered = NewSignal();
        private Action? _askReaders;

        public Task Answered => _answered.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        public void Begin(Action askReaders) => _askReaders = askReaders;

        public async Task Invoke(IIncomingGrainCallContext call)
        {
            await call.Invoke();
            if (_askReaders is not { } ask || call.Grain is not IStoreGrain) return;
            if (call.MethodName is nameof(IStoreGrain.PutLine)) _reported.TrySetResult();
            if (call.MethodName is not nameof(IStoreGrain.AdmitReader)) return;
            ask();
            await _asked.Task.WaitAsync(Patience);
        }

        public async Task Invoke(IOutgoingGrainCallContext call)
        {
            await call.Invoke();
            if (call.MethodName is not nameof(IReaderGrain.GetBoardLine) || call.Result is not null) return;
            _asked.TrySetResult();
            await _reported.Task.WaitAsync(Patience);
            _answered.TrySetResult();
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
