using Fleet.Client;
using Fleet.Server.Checkouts;
using Fleet.Torture.Processes;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>What the client package watches and waits for goes on after the node was started again.</summary>
public sealed class ClientStreamTests
{
    private readonly string _address = $"--grpc-url=http://127.0.0.1:{Ports.Next()}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_board_that_is_watched_begins_anew_after_a_restart()
    {
        await using var before = await FleetApp.Start(null, _address);
        await using var device = await before.PairedDevice("Lane 1");
        using var client = new FleetClient(before.GrpcAddress, FleetApp.Key);
        await using var board = client.WatchBoard("default", Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await board.MoveNextAsync());
        Assert.True(board.Current.Whole);
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder, _address);
        do Assert.True(await board.MoveNextAsync());
        while (!board.Current.Whole);

        Assert.Equal(device.ReaderId, Assert.Single(
            board.Current.Readers.Select(reader => reader.ReaderId).Concat(board.Current.Silent)));
    }

    [Fact]
    public async Task An_outcome_is_waited_for_and_watched_across_a_restart()
    {
        await using var before = await FleetApp.Start(null, _address);
        await using var device = await before.PairedDevice();
        using var client = new FleetClient(before.GrpcAddress, FleetApp.Key);
        var started = await client.StartCheckout(new()
        {
            ReaderId = device.ReaderId, TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 },
        }, Cancel);
        await using var events = client.WatchCheckout(started.CheckoutId, Cancel).GetAsyncEnumerator(Cancel);
        await using var reader = client.WatchReader(device.ReaderId, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await events.MoveNextAsync() && await reader.MoveNextAsync());
        var waiting = client.WaitForOutcome(started.CheckoutId, Cancel);
        var watches = before.Services.GetRequiredService<ChangeFeed>();
        await Eventually.Equal(2, () => Task.FromResult(watches.Count)); // the stream's and the wait's: both were heard
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder, _address);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("current", events.Current.Kind); // by which a caller sees the new beginning
        Assert.True(await reader.MoveNextAsync());
        await using var again = await device.ConnectAgain(after.LinkAddress);
        await again.Resume();
        Assert.True(await again.AskStart(Guid.Parse(started.CheckoutId)));
        await again.Approve(Guid.Parse(started.CheckoutId));

        Assert.Equal(Proto.State.Successful, (await waiting).State);
        var last = events.Current;
        while (await events.MoveNextAsync()) last = events.Current;
        Assert.Equal(("succeeded", Proto.State.Successful), (last.Kind, last.Checkout.State));
    }
}
