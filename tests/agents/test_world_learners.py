"""Learners on tasks that are no mazes: they meet the contract, learn, or refuse in one sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents import contract
from agents.learner import AgentError, Learner
from agents.learner_registry import advised_config, build_learner, make_learner
from agents.memory.trials import CLOCK_EPISODES, RunningTrials, clock_index
from agents.rollout import adaptation_step, draw, roll_out
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.text.reading import parse
from game.view.model.human_trial import episode_returns
from game.view.model.slow_motion import SlowStep
from game.world.batch import GridBatch
from game.world.features import NoMap
from game.world.noise import NORMAL, received
from game.world.planner import expected_return, optimal_return, random_return

LEARNERS = ("maml", "reptile", "multitask", "cavia", "scratch", "rl2", "transformer", "dpt", "ad")
LEVELS = {
    "three": "steps: 4\nworld: mdp states=3 actions=4 seed=1\nmap:\n@..\n",
    "five": "steps: 6\nworld: mdp states=5 actions=4 seed=2\nmap:\n@....\n",
}
RULES = (
    "a_batch_adapts_as_its_tasks_do_alone",
    "returns_and_policies_are_possible",
    "the_episodes_shown_follow_the_tables",
    "state_and_load_are_inverse",
    "training_goes_on_from_a_checkpoint",
)


def make(name: str, seed: int = 0, n_actions: int = 4) -> Learner:
    options = {"n_actions": n_actions} if name in LEARNERS else {}
    return make_learner(name, seed, **options)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", [*LEARNERS, "random", "planner"])
def test_learners_meet_the_contract_on_mdps(name: str, rule: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contract, "LEVELS", LEVELS)
    contract.RULES[rule](lambda seed: make(name, seed))


@pytest.mark.parametrize("pack", ["bandits-5", "key-to-door", "random-mdps"])
@pytest.mark.parametrize("name", [*LEARNERS, "fomaml", "random", "planner"])
def test_learners_train_on_and_adapt_to_every_pack(name: str, pack: str, packs: dict):
    tasks = packs[pack].split("train").sample(3, np.random.default_rng(0))
    batch = GridBatch.of([task.level for task in tasks])
    learner = build_learner(name, advised_config(packs[pack], name), 0)
    metrics = learner.meta_update(batch, np.random.default_rng(0).spawn(3), 0.1)
    assert all(map(np.isfinite, metrics.values()))
    steps = list(learner.adapt(batch, [task_rng(0, task) for task in tasks], 1))
    assert all(np.isfinite(step.returns).all() for step in steps)
    if name == "planner":
        assert steps[0].return_exact == pytest.approx(optimal_return(batch))


@pytest.fixture(scope="module")
def packs() -> dict:
    return {name: load_pack(name) for name in ("bandits-5", "key-to-door", "random-mdps")}


@pytest.mark.parametrize("name", ["neural-map", "varibad", "map-planner"])
def test_learners_that_read_maps_refuse_worlds_without_one(name: str):
    batch = GridBatch.of([parse("steps: 1\nworld: bandit arms=5 seed=1\nmap:\n@.....\n")])
    with pytest.raises(NoMap, match="this agent reads maps, and a level with 'world: bandit' has"):
        list(make_learner(name).adapt(batch, [np.random.default_rng(0)], 1))


@pytest.mark.parametrize("name", ["rl2", "maml"])
def test_graph_bodies_refuse_them_too(name: str):
    batch = GridBatch.of([parse("steps: 1\nworld: bandit arms=5 seed=1\nmap:\n@.....\n")])
    with pytest.raises(NoMap):
        list(make_learner(name, body="graph").adapt(batch, [np.random.default_rng(0)], 1))


def test_posterior_sampling_refuses_them():
    batch = GridBatch.of([parse("steps: 1\nworld: bandit arms=5 seed=1\nmap:\n@.....\n")])
    with pytest.raises(AgentError, match="one hidden goal"):
        list(make_learner("posterior-sampling").adapt(batch, [np.random.default_rng(0)], 1))


@pytest.mark.parametrize("name", ["rl2", "transformer", "maml", "scratch"])
def test_an_agent_refuses_tasks_with_other_actions(name: str):
    batch, rngs = GridBatch.of([parse(LEVELS["three"])]), [np.random.default_rng(0)]
    with pytest.raises(AgentError, match="has 5 actions, and the task has 4 - use an agent"):
        list(make(name, n_actions=5).adapt(batch, rngs, 1))
    if name != "scratch":
        with pytest.raises(AgentError, match="has 5 actions"):
            make(name, n_actions=5).meta_update(batch, rngs, 0.0)


def test_returns_of_walks_on_an_mdp_are_those_that_were_paid():
    """They follow from actions and noise. From the states alone they cannot be known, since each
    action may lead to each state."""
    batch, episodes = GridBatch.of([parse(LEVELS["five"])]), 4
    data = roll_out(batch, batch.uniform_policy, episodes, [np.random.default_rng(3)])
    step = adaptation_step(0, np.zeros(1, int), batch.uniform_policy, data, None, 0)
    luck = draw(batch, episodes, [np.random.default_rng(3)])[2]
    assert luck is not None
    assert step.walk_returns is not None
    means = batch.tables[0].reward.reshape(5, 4, 5)[..., 0]  # [S, A]
    for n, (path, moves) in enumerate(zip(step.paths[0], step.moves[0], strict=True)):
        paid = received(NORMAL, means[path[:-1], moves], luck[:, :, 0, n]).sum()
        assert step.walk_returns[0, n] == pytest.approx(paid)
    assert step.return_sampled == pytest.approx(step.walk_returns.mean(1))


@pytest.mark.parametrize("name", ["rl2", "scratch"])
def test_a_person_sees_the_returns_that_were_paid(name: str):
    """The slow motion and a duel show those of the step, and infer none from its states."""
    batch = GridBatch.of([parse(LEVELS["five"])])
    steps = list(make(name).adapt(batch, [np.random.default_rng(3)], 1))
    known = steps[0].walk_returns
    assert known is not None
    slow = SlowStep(*steps)
    assert slow.returns is not None
    assert slow.returns.tolist() == known[0, : slow.walks].tolist()
    taken = steps[1].episodes
    shown = episode_returns(batch.tables[0], steps, taken)
    assert shown == known[0, :taken].tolist()


def test_the_exact_returns_and_gradients_of_losses_are_those_of_the_planner():
    from agents.gradient.losses import Dynamics
    from agents.gradient.losses import expected_return as torch_return

    batch = GridBatch.of([parse(text) for text in LEVELS.values()])
    dynamics = Dynamics(batch, torch.float64)
    logits = torch.randn(2, 5, 4, dtype=torch.float64, requires_grad=True)
    value = torch_return(dynamics, torch.softmax(logits, -1))
    exact = expected_return(batch, torch.softmax(logits, -1).detach().numpy())
    assert value.detach().numpy() == pytest.approx(exact)
    [fast] = torch.autograd.grad(value.sum(), logits, retain_graph=True)
    slow = torch.softmax(logits, -1)
    plain = dynamics.torch_return(dynamics.effective(slow), False).sum()
    assert torch.allclose(fast, torch.autograd.grad(plain, logits)[0])


@pytest.mark.parametrize("episodes", [4, 10, 30])
def test_the_clock_tells_all_steps_of_a_trial_of_short_episodes_apart(episodes: int):
    """Each step of a trial has a time of its own; with few episodes the parts are the episodes."""
    batch = GridBatch.of([parse(text) for text in LEVELS.values()])
    learner = make_learner("rl2", n_actions=4, episodes=episodes)
    view = learner.view(batch)
    policy = learner.start_policy(learner.detached_params(), view, 2)
    running = RunningTrials(
        policy, batch, 1, np.random.default_rng(0).spawn(2), clock_episodes=episodes
    )
    played = running.play(episodes)
    for trial, steps in enumerate((4, 6)):
        times = np.concatenate([one.clock[:steps, trial] for one in played])
        assert len(np.unique(times)) == episodes * steps
        if episodes <= CLOCK_EPISODES:
            expected = [clock_index(h, e) for e in range(episodes) for h in range(steps)]
            assert times.tolist() == expected
    rows = view.tables(learner.detached_params()).rows
    assert len(rows) > max(one.clock.max() for one in played)


def test_rl2_learns_bandits_in_seconds():
    """After 60 iterations, 10 pulls earn more than random ones, and later ones more than the first
    one."""
    pack = load_pack("bandits-5")
    config = replace(advised_config(pack, "rl2"), width=32, trials=8)
    learner, rng = build_learner("rl2", config, 0), np.random.default_rng(0)
    for i in range(60):
        tasks = pack.split("train").sample(32, rng)
        learner.meta_update(GridBatch.of([t.level for t in tasks]), rng.spawn(32), i / 60)
    tasks = pack.split("test").tasks[:200]
    batch = GridBatch.of([task.level for task in tasks])
    steps = learner.adapt(batch, [task_rng(0, task) for task in tasks], 9)
    returns = np.array([step.return_sampled.mean() for step in steps])
    assert returns.sum() > 10 * random_return(batch).mean() + 0.25
    assert returns[3:].mean() > returns[0] + 0.03
