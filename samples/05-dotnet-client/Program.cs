// A back office that starts a payment, waits for its outcome, and watches the board of its store meanwhile.

using Fleet.Client;
using Fleet.Protocol.V1;

using var fleet = new FleetClient(
    new Uri(Environment.GetEnvironmentVariable("FLEET_URL") ?? "http://127.0.0.1:8081"),
    Environment.GetEnvironmentVariable("FLEET_KEY") ?? "sup_sk_sandbox");

// A virtual reader, whose next customer pays with a card. For a reader on your desk, take its id instead.
var made = await fleet.TestReaders.CreateAsync(new() { Name = "Back office", Scenario = "approve" });
var reader = made.Readers[0].ReaderId;
var order = new StartRequest
{
    ReaderId = reader,
    TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1250 },
    Description = "Two tickets",
};

using var shown = new CancellationTokenSource();
var board = ShowBoard(shown.Token);
try
{
    var started = await fleet.StartCheckout(order);
    var checkout = await fleet.WaitForOutcome(started.CheckoutId);
    Console.WriteLine($"12.50 EUR: {checkout.State} {checkout.Reason?.Sentence}".TrimEnd());

    // The same start once more, as after a crash of this program: with its key it is the same checkout.
    order.IdempotencyKey = started.IdempotencyKey;
    var again = await fleet.StartCheckout(order);
    Console.WriteLine($"again: {(again.CheckoutId == started.CheckoutId ? "the same checkout" : "another checkout")}");
}
catch (FleetException e)
{
    // When the outcome is unknown, the payment may have been accepted: the advice says how to find out.
    Console.WriteLine($"{e.Reason}: {e.Message} {e.Advice}");
    Environment.ExitCode = 1;
}
finally
{
    await shown.CancelAsync();
    await board;
    await fleet.Readers.UnpairAsync(new() { ReaderId = reader });
}

await foreach (var one in fleet.ListReaders()) Console.WriteLine($"reader {one.Name}: {one.Presence}");

// Shows our reader whenever its line on the board changes.
async Task ShowBoard(CancellationToken cancel)
{
    try
    {
        await foreach (var news in fleet.WatchBoard("default", cancel))
        {
            if (news.Whole) Console.WriteLine($"board: all {news.Readers.Count} readers");
            foreach (var line in news.Readers.Where(line => line.ReaderId == reader))
                Console.WriteLine($"board: {line.Name} is {line.Presence}");
        }
    }
    catch (OperationCanceledException)
    {
        // Its payment is over.
    }
}
