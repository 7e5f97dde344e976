using Fleet.Server.Console.Payments;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>The picture of a timeline: lanes, arrows, and labels that stay inside.</summary>
public sealed class TimelinePictureTests
{
    private static readonly DateTime Start = new(2026, 3, 1, 9, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Each_line_is_an_arrow_between_the_lanes_of_who_acts()
    {
        var rows = TimelineRow.ListRows(Timeline(cloud: false, ("accepted", "till", 0), ("started", "device", 2),
            ("terminate_requested", "till", 3), ("cancelled", "device", 4)), null);

        Assert.Equal(
            ["Till>Fleet ", "Fleet>Reader +2.0 s", "Fleet>Reader +1.0 s", "Reader>Fleet +1.0 s"],
            rows.Select(row => $"{row.From}>{row.To} {row.After}"));
        var picture = TimelinePicture.FromRows(rows);
        Assert.Equal(["Till", "Fleet", "Reader"], picture.Lanes.Select(lane => lane.Name));
        Assert.Equal(4, picture.Arrows.Count);
    }

    [Fact]
    public void A_call_to_sumup_stands_before_the_first_later_event_and_the_webhook_is_the_last()
    {
        var timeline = Timeline(
            cloud: true, ("accepted", "till", 0), ("doubted", "fleet", 6), ("succeeded", "device", 9));
        timeline.Exchanges.Add(new Proto.TimelineExchange
        {
            At = Timestamp.FromDateTime(Start.AddSeconds(1)),
            Operation = "create_checkout",
            Status = 504,
            LatencyMs = 5_000,
        });
        var rows = TimelineRow.ListRows(timeline, new() { State = "delivered", Attempts = 1 });

        Assert.Equal(
            [
                "accepted the order", "create_checkout: 504 in 5000 ms", "does not know what SumUp did",
                "charged the card", "webhook delivered, 1 attempt",
            ],
            rows.Select(row => row.What));
        Assert.Equal(["Till", "Fleet", "SumUp", "Webhook"],
            TimelinePicture.FromRows(rows).Lanes.Select(lane => lane.Name));
    }

    [Fact]
    public void A_clock_of_another_node_that_is_behind_makes_no_time_below_zero()
    {
        var rows = TimelineRow.ListRows(
            Timeline(cloud: false, ("accepted", "till", 5), ("started", "device", 2)), null);

        Assert.Equal("+0 ms", rows[1].After);
    }

    [Fact]
    public void Many_lines_are_drawn_in_part_and_no_label_leaves_the_picture()
    {
        var many = Enumerable.Range(0, 60)
            .Select(i => (i == 0 ? "accepted" : "a kind with a very long name " + new string('x', 90), "till", i));
        var picture = TimelinePicture.FromRows(TimelineRow.ListRows(Timeline(cloud: false, [.. many]), null));

        Assert.Equal((40, 20), (picture.Arrows.Count, picture.Hidden));
        Assert.All(picture.Arrows, arrow =>
        {
            Assert.True(arrow.Middle - (arrow.Label.Length * 3) >= 0, arrow.Label);
            Assert.True(arrow.Middle + (arrow.Label.Length * 3) <= picture.Width, arrow.Label);
        });
    }

    private static Proto.CheckoutTimeline Timeline(bool cloud, params (string Kind, string Actor, int At)[] events)
    {
        var timeline = new Proto.CheckoutTimeline
        {
            Checkout = new() { TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 } },
        };
        if (cloud) timeline.Checkout.Cloud = new();
        timeline.Events.AddRange(events.Select(one => new Proto.TimelineEvent
        {
            Kind = one.Kind, Actor = one.Actor, At = Timestamp.FromDateTime(Start.AddSeconds(one.At)),
        }));
        return timeline;
    }
}
