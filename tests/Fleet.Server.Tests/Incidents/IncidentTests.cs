using System.Net;
using Fleet.Protocol;
using Fleet.Server.Incidents;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>What a person must look at becomes an incident, and people take care of it.</summary>
public sealed class IncidentTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dispute_opens_an_incident_with_the_commit_and_the_next_claim_counts_it_up()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Paid(device);
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Failed, "declined"));

        var seen = Assert.Single(await fleet.Till.Incidents("kind=disputed_result"),
            one => one.Text("checkout_id") == $"{checkout}");
        Assert.Equal(("open", "default", device.ReaderId, device.Serial),
            (seen.Text("state"), seen.Text("store"), seen.Text("reader_id"), seen.Text("serial")));
        Assert.Contains("not charged", seen.Text("detail"), StringComparison.Ordinal);

        fleet.Pass(1);
        await device.Approve(checkout, amount: 7);
        Assert.Equal("disputed_result 2", await fleet.Till.OpenAbout("checkout_id", checkout));
    }

    [Fact]
    public async Task After_its_resolution_the_same_thing_opens_a_new_incident()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Paid(device);
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Failed, "declined"));
        var first = (await fleet.Till.Incidents("state=open")).First(one => one.Text("checkout_id") == $"{checkout}");
        Assert.Equal("200", await Post(first.Text("incident_id"), "resolve", new { resolution = "looked up" }));
        fleet.Pass(1);
        await device.Approve(checkout, amount: 7);

        Assert.Equal("disputed_result 1", await fleet.Till.OpenAbout("checkout_id", checkout));
    }

    [Fact]
    public async Task A_payment_without_a_result_opens_an_incident_and_its_result_ends_that()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        fleet.Pass(590);
        await Eventually.Equal("unknown_outcome 1", () => fleet.Till.OpenAbout("checkout_id", checkout),
            () => fleet.Pass(30));
        await device.Approve(checkout);

        await Eventually.Equal("resolved/ended/fleet", () => fleet.Till.NewestAbout("checkout_id", checkout),
            () => fleet.Pass(30));
    }

    [Fact]
    public async Task A_state_that_a_person_has_resolved_is_not_found_again()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        await Eventually.Equal("unknown_outcome 1", () => fleet.Till.OpenAbout("checkout_id", checkout),
            () => fleet.Pass(30));
        var id = (await fleet.Till.Incidents()).First(one => one.Text("checkout_id") == $"{checkout}");
        Assert.Equal("200", await Post(id.Text("incident_id"), "resolve", new { resolution = "we wait" }));
        await PassRounds();

        Assert.Equal("", await fleet.Till.OpenAbout("checkout_id", checkout));
    }

    [Fact]
    public async Task A_reader_that_comes_and_goes_is_told_until_it_is_steady()
    {
        var device = await fleet.PairedDevice();
        for (var i = 0; i < 6; i++)
        {
            var again = await device.ConnectAgain();
            await again.Resume();
            await device.DisposeAsync();
            device = again;
        }
        await Eventually.Equal("reader_flapping 1", () => fleet.Till.OpenAbout("reader_id", device.ReaderId));
        fleet.Pass(1_800);
        await Eventually.Equal("resolved/ended/fleet", () => fleet.Till.NewestAbout("reader_id", device.ReaderId),
            () => fleet.Pass(30));
        await device.DisposeAsync();
    }

    [Fact]
    public async Task People_assign_note_and_resolve_an_incident()
    {
        var id = $"{await fleet.OpenIncident()}";
        Assert.Equal("200", await Post(id, "assign", new { owner = "ann" }));
        Assert.Equal("200", await Post(id, "notes", new { text = "The cable is loose." }));
        Assert.Contains(await fleet.Till.Incidents("owner=ann&state=open"), one => one.Text("incident_id") == id);
        Assert.Equal("200", await Post(id, "resolve", new { resolution = "New cable." }));
        Assert.Equal("200", await Post(id, "resolve", new { resolution = "New cable." }));
        Assert.Equal("INCIDENT_RESOLVED", await Refused(id, "resolve", new { resolution = "Other." }));
        Assert.Equal("INCIDENT_RESOLVED", await Refused(id, "assign", new { owner = "ben" }));
        Assert.Equal("200", await Post(id, "notes", new { text = "It holds." }));

        using var answer = await fleet.Till.Get($"{IncidentCalls.Path}/{id}");
        var shown = await answer.Json();
        Assert.Equal(("resolved", "ann", "New cable."),
            (shown.Text("state"), shown.Text("owner"), shown.Text("resolution")));
        Assert.Equal(["The cable is loose.", "It holds."],
            shown.GetProperty("notes").EnumerateArray().Select(note => note.Text("text")));
    }

    [Theory]
    [InlineData("resolve", """{"resolution":" "}""")]
    [InlineData("notes", """{"text":""}""")]
    public async Task A_change_without_its_text_is_refused(string what, string body)
    {
        var id = await fleet.OpenIncident();
        using var answer = await fleet.Till.Send(
            HttpMethod.Post, $"{IncidentCalls.Path}/{id}/{what}", Lane.Json(body));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Pages_together_have_each_incident_once_and_filters_hold()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add($"{await fleet.OpenIncident("paged")}");
        var (found, token) = (new List<string>(), "");
        do
        {
            using var answer = await fleet.Till.Get($"{IncidentCalls.Path}?store=paged&page_size=2&page_token={token}");
            var page = await answer.Json();
            found.AddRange(page.GetProperty("incidents").EnumerateArray().Select(one => one.Text("incident_id")));
            token = page.Text("next_page_token");
        }
        while (token.Length > 0);

        Assert.Equal(ids.Order(), found.Order());
        Assert.Empty(await fleet.Till.Incidents("store=paged&kind=disputed_result"));
        Assert.Empty(await fleet.Till.Incidents("store=paged&since=2030-01-01T00:00:00Z"));
        using var wrong = await fleet.Till.Get($"{IncidentCalls.Path}?kind=odd");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task The_operator_is_told_by_a_signed_webhook_of_the_begin_and_the_end()
    {
        const string Secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        await using var receiver = await Receiver.Start();
        var inbox = receiver.Open((attempt, http) =>
        {
            http.Response.StatusCode = attempt == 1 ? 500 : 200;
            return Task.CompletedTask;
        });
        await using var told = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32",
            $"--Fleet:Webhooks:AllowedPorts:0={receiver.Port}", $"--Fleet:Incidents:WebhookUrl={inbox.Url}",
            $"--Fleet:Incidents:WebhookSecret={Secret}");
        var id = await told.OpenIncident();
        told.Services.GetRequiredService<IncidentQueue>().Wake();
        var first = await inbox.Next();
        await told.Services.GetRequiredService<WebhookSender>().Settled();
        told.Pass(15);
        var again = await inbox.Next();

        Assert.Equal(first.Body, again.Body);
        Assert.Equal($"{id}", first.Headers["webhook-id"]);
        Assert.StartsWith("v1,", first.Headers["webhook-signature"], StringComparison.Ordinal);
        Assert.Contains("\"event_type\":\"fleet.incident.opened\"", first.Body, StringComparison.Ordinal);
        Assert.Empty((await told.Till.Deliveries()).GetProperty("items").EnumerateArray()); // no merchant sees it

        using var resolved = await told.Till.Post($"{IncidentCalls.Path}/{id}/resolve", new { resolution = "done" });
        var last = await inbox.Next();
        Assert.Contains("\"event_type\":\"fleet.incident.resolved\"", last.Body, StringComparison.Ordinal);
        Assert.Contains("\"resolution\":\"done\"", last.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_operator_was_not_told_is_an_incident_and_is_told_again_by_one_command()
    {
        await using var receiver = await Receiver.Start();
        var gone = true;
        var inbox = receiver.Open((_, http) =>
        {
            http.Response.StatusCode = gone ? 410 : 200;
            return Task.CompletedTask;
        });
        await using var told = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32",
            $"--Fleet:Webhooks:AllowedPorts:0={receiver.Port}", $"--Fleet:Incidents:WebhookUrl={inbox.Url}");
        var office = new Shell(told, FleetApp.ChainKey);
        var id = await told.OpenIncident();
        told.Services.GetRequiredService<IncidentQueue>().Wake();
        var lost = await inbox.Next();
        await Eventually.Equal(true, async () => (await office.Does("incidents list --kind webhook_host_given_up"))
            .Contains(inbox.Url.Authority, StringComparison.Ordinal), () => told.Pass(30));
        gone = false;

        var again = await office.Does("incidents retell --from 2026-02-28T00:00:00Z --to 2026-03-01T09:00:10Z");
        var repeated = await inbox.Next();
        while (repeated.Headers["webhook-id"] != $"{id}") repeated = await inbox.Next(); // of its own incident
        var merchant = await new Shell(told).Run("incidents retell --from 2026-02-28T00:00:00Z");

        Assert.Equal("1 event will be sent again.\n", again);
        Assert.Equal(lost.Body, repeated.Body);
        Assert.Contains("This key is for one merchant", merchant.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_takes_no_webhooks_is_told_until_it_takes_one()
    {
        await using var receiver = await Receiver.Start();
        await using var shop = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32",
            $"--Fleet:Webhooks:AllowedPorts:0={receiver.Port}");
        var inbox = receiver.Open((_, http) =>
        {
            http.Response.StatusCode = 410;
            return Task.CompletedTask;
        });
        await shop.Till.Fire(inbox.Url);
        await inbox.Next();
        await Eventually.Equal("webhook_host_given_up 1",
            () => shop.Till.OpenAbout("host", inbox.Url.Authority), () => shop.Pass(30));

        await shop.Till.Fire(receiver.Open().Url);
        await Eventually.Equal("resolved/ended/fleet",
            () => shop.Till.NewestAbout("host", inbox.Url.Authority), () => shop.Pass(30));
    }

    [Fact]
    public async Task The_command_line_lists_shows_and_resolves_incidents()
    {
        var id = await fleet.OpenIncident("typed");
        var shell = new Shell(fleet);
        Assert.Contains($"{id}", await shell.Does("incidents list --store typed"), StringComparison.Ordinal);
        Assert.Equal($"Incident {id} (reader_flapping) is assigned.\n", await shell.Does($"incidents assign {id} ann"));
        await shell.Does($"incidents note {id} \"Called the shop.\"");
        Assert.Matches("owner +ann\n.*: Called the shop.\n", await shell.Does($"incidents show {id}"));
        Assert.Equal($"Incident {id} (reader_flapping) is resolved.\n",
            await shell.Does($"incidents resolve {id} \"New cable.\""));
        Assert.DoesNotContain($"{id}", await shell.Does("incidents list --store typed"), StringComparison.Ordinal);
        Assert.Contains($"{id}", await shell.Does("incidents list --store typed --state all"),
            StringComparison.Ordinal);
        Assert.Equal("resolved", (await shell.Tells($"incidents show {id}")).Single().Text("state"));
    }

    private async Task PassRounds()
    {
        for (var i = 0; i < 20; i++)
        {
            fleet.Pass(30);
            await fleet.Till.Incidents();
        }
    }

    private async Task<Guid> Paid(TestDevice device)
    {
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        return checkout;
    }

    private async Task<string> Post(string id, string what, object body)
    {
        using var answer = await fleet.Till.Post($"{IncidentCalls.Path}/{id}/{what}", body);
        return $"{(int)answer.StatusCode}";
    }

    private Task<string?> Refused(string id, string what, object body) =>
        fleet.Till.Post($"{IncidentCalls.Path}/{id}/{what}", body).Reason();
}
