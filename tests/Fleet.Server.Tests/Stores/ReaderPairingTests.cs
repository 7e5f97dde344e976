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
}
