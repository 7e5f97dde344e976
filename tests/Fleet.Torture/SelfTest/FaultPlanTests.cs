using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;

namespace Fleet.Torture.SelfTest;

/// <summary>Faults by seed: a run with one can be repeated.</summary>
public sealed class FaultPlanTests
{
    private const int Calls = 4_000;

    [Fact]
    public void One_seed_gives_each_call_the_same_fault_in_every_run()
    {
        var first = Faults(seed: 7, CloudOperation.Create);

        Assert.Equal(first, Faults(seed: 7, CloudOperation.Create));
        Assert.NotEqual(first, Faults(seed: 8, CloudOperation.Create));
        Assert.NotEqual(first, Faults(seed: 7, CloudOperation.Terminate));
    }

    [Fact]
    public void Calls_of_one_kind_do_not_change_the_faults_of_another()
    {
        var plan = PlanOf(seed: 7);
        for (var call = 0; call < 100; call++) plan.Take(CloudOperation.GetCheckout, null);

        Assert.Equal(Faults(seed: 7, CloudOperation.Create), Take(plan, CloudOperation.Create));
    }

    [Fact]
    public void Shares_and_weights_are_kept()
    {
        var plan = new FaultPlan();
        plan.Randomly(1, 0.3,
        [
            new(CloudOperation.Create, CloudFault.ResetAfter, 3), new(CloudOperation.Create, CloudFault.Untyped422),
        ]);
        var faults = Take(plan, CloudOperation.Create).CountBy(fault => $"{fault}").ToDictionary();

        Assert.InRange(faults["ResetAfter"] / (double)Calls, 0.20, 0.25);
        Assert.InRange(faults["Untyped422"] / (double)Calls, 0.06, 0.09);
        Assert.Equal(3, faults.Count); // and none
        Assert.All(Take(plan, CloudOperation.Status), fault => Assert.Null(fault));
    }

    [Fact]
    public void Every_fault_of_every_call_comes_in_time()
    {
        foreach (var operation in Enum.GetValues<CloudOperation>())
            Assert.Equal(CloudFaults.Of(operation).Order(),
                Faults(seed: 3, operation).OfType<CloudFault>().Distinct().Order());
    }

    [Fact]
    public void A_calm_plan_forgets_script_and_seed()
    {
        var plan = PlanOf(seed: 1).Next(CloudOperation.Create, CloudFault.ResetAfter);
        plan.Calm();

        Assert.All(Take(plan, CloudOperation.Create), fault => Assert.Null(fault));
    }

    [Fact]
    public void A_fault_that_cannot_happen_is_not_planned()
    {
        var plan = new FaultPlan();

        Assert.Throws<ArgumentException>(() => plan.Next(CloudOperation.Status, CloudFault.PhantomAccept));
        Assert.Throws<ArgumentException>(() => plan.For("x", CloudOperation.Create, CloudFault.TerminateIgnored));
        Assert.Throws<ArgumentException>(() =>
            plan.Randomly(1, 1, [new(CloudOperation.Other, CloudFault.ResetAfter)]));
    }

    private static CloudFault?[] Faults(int seed, CloudOperation operation) => Take(PlanOf(seed), operation);

    private static FaultPlan PlanOf(int seed)
    {
        var plan = new FaultPlan();
        plan.Randomly(seed, 0.5, FaultPlan.Everything);
        return plan;
    }

    private static CloudFault?[] Take(FaultPlan plan, CloudOperation operation) =>
        [.. Enumerable.Range(0, Calls).Select(_ => plan.Take(operation, null))];
}
